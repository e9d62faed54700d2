import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Runs the program that follows, and kills it when our end of standard input closes: when the tests are killed. */
const GUARD = `
exec 3<&0
"$@" 3<&- </dev/null & child=$!
echo "guarded program $child" >&2
{ cat <&3 >/dev/null; kill -KILL $child 2>/dev/null; } >/dev/null 2>&1 & guard=$!
exec 3<&-
wait $child; status=$?
kill $guard 2>/dev/null
exit $status
`;

/** A running program of ours. */
export class Program {
  readonly #guard: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #said = "";

  private constructor(path: string, variables: Record<string, string>) {
    // Ctrl-C in the terminal is for the tests; what they started ends with them. Hence a process group of its own.
    this.#guard = spawn("/bin/sh", ["-c", GUARD, "guard", path], { env: variables, detached: true });
    this.#ended = once(this.#guard, "close");
  }

  /**
   * Starts a program with these variables and no setting of ours, and waits until what it says matches all `patterns`.
   * Gives the first group of each.
   */
  static async start(
    path: string,
    variables: Record<string, string>,
    patterns: RegExp[],
  ): Promise<[Program, string[]]> {
    const { PATH, HOME } = process.env;
    const program = new Program(path, { ...(PATH && { PATH }), ...(HOME && { HOME }), ...variables });
    return [program, await program.#says(patterns)];
  }

  #says(patterns: RegExp[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      for (const output of [this.#guard.stdout, this.#guard.stderr]) {
        createInterface(output).on("line", (line) => {
          this.#said += `${line}\n`;
          const found = patterns.map((pattern) => pattern.exec(this.#said)?.[1] ?? "");
          if (found.every(Boolean)) resolve(found);
        });
      }
      const failed = (error?: unknown) =>
        reject(new Error(`It ended before it was ready:\n${this.#said}`, { cause: error }));
      this.#ended.then(failed, failed);
    });
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    const pid = /^guarded program (\d+)$/m.exec(this.#said)?.[1];
    process.kill(Number(pid), "SIGTERM");
    await this.#ended;
  }
}
