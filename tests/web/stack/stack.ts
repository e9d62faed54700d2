import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Program } from "./program.ts";

/** The folder of this package; what runs is compiled into a folder inside it. */
const PACKAGE = resolve(import.meta.dirname, "../..");
const WORKSPACE = resolve(PACKAGE, "../..");
const ANY_PORT = "127.0.0.1:0";

/** The whole backend, with a database of its own, as `cargo run` starts it. */
export class Stack {
  readonly origin: string;
  readonly #program: Program;
  readonly #home: string;

  private constructor(origin: string, program: Program, home: string) {
    this.origin = origin;
    this.#program = program;
    this.#home = home;
  }

  get graph(): string {
    return `${this.origin}/graphql`;
  }

  /** Starts a backend and waits until it serves. `settings` are environment variables of the program. */
  static async start(settings: Record<string, string> = {}): Promise<Stack> {
    const path = process.env["CONSTELLATION_BIN"] ?? join(WORKSPACE, "target/debug/constellation");
    await access(path).catch(() => {
      throw new Error(`there is no program at ${path}: run \`cargo build\`, or set CONSTELLATION_BIN`);
    });
    const home = await mkdtemp(join(tmpdir(), "constellation-web-"));
    const variables = {
      CONSTELLATION_HOME: home,
      // The tests fetch nothing that `cargo run` has already fetched.
      CONSTELLATION_CACHE_DIR: process.env["CONSTELLATION_CACHE_DIR"] ?? join(WORKSPACE, ".constellation/cache"),
      ROUTER_LISTEN: ANY_PORT,
      AUTH_LISTEN: ANY_PORT,
      EXPENSE_LISTEN: ANY_PORT,
      ...settings,
    };
    const [program, [origin]] = await Program.start(path, variables, [/^ +Graph +(http:\S+)\/graphql$/m]);
    return new Stack(origin!, program, home);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.#home, { recursive: true });
  }
}
