import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A way to a backend that can be cut. */
export class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #to: URL;

  private constructor(to: URL) {
    this.#to = to;
    this.#server = createServer((near) => {
      const far = connect(Number(to.port), to.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on("error", () => {}).on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  static async to(url: string): Promise<Wire> {
    const wire = new Wire(new URL(url));
    await once(wire.#server.listen(0, "127.0.0.1"), "listening");
    return wire;
  }

  /** The same URL, by this way. */
  get url(): string {
    const url = new URL(this.#to);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Breaks all connections without a word; new ones can be made. How many there were. */
  cut(): number {
    const sockets = [...this.#sockets];
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
