/** Programs the tests start. Whatever happens to a test run, none of them outlives it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const running = new Set<Child>();
process.once("exit", () => {
  for (const child of running) child.signal("SIGTERM");
});
// How vitest ends the process that runs a test file; left alone, no "exit" comes of it.
process.once("SIGTERM", () => process.exit());

export class Child {
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | null>;
  stdout = "";
  stderr = "";

  /** Only what is given here reaches the program, besides the way to programs and home. */
  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    const { PATH = "", HOME = "" } = process.env;
    this.#process = spawn(command, args, {
      cwd: ROOT,
      env: { PATH, HOME, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    running.add(this);
    // "close", not "exit": by then everything it wrote has been read.
    this.#exit = once(this.#process, "close").then(
      ([code]: (number | null)[]) => {
        running.delete(this);
        return code ?? null;
      },
      (error: Error) => {
        running.delete(this);
        throw new Error(`${command} cannot be started: ${error.message}`);
      },
    );
    this.#exit.catch(() => {});
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  /** The exit code, or null when a signal ended it. */
  exited(): Promise<number | null> {
    return this.#exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves as soon as the output so far satisfies the probe. */
  async until<T>(probe: (child: Child) => T | null | undefined, deadlineMs = 30_000): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const found = probe(this);
      if (found !== null && found !== undefined) return found;
      if (!this.isRunning) await this.#exit;
      const ended = !this.isRunning;
      if (ended || Date.now() > deadline) {
        const why = ended ? "ended" : `did not get there in ${deadlineMs} ms`;
        const spoken = this.#process.spawnargs.join(" ");
        throw new Error(`${spoken} ${why}\n${this.stdout.slice(-2000)}\n${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
