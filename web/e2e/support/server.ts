/** A figcast process, as its user starts it. */
import { resolve } from "node:path";
import { expect } from "vitest";
import { Child } from "./children.ts";

/** Relative to web/, where the tests are run from. */
export const BINARY = resolve(process.env.FIGCAST_BIN ?? "../target/debug/figcast");

export interface ServerOptions {
  args?: readonly string[];
  /** Settings by variable, such as FIGCAST_HUB__HEARTBEAT. */
  env?: Record<string, string>;
  port?: number;
}

/** Reconnections and stops that do not keep a test waiting. */
const IMPATIENT = {
  FIGCAST_HUB__RETRY_MIN: "200ms",
  FIGCAST_HUB__RETRY_MAX: "400ms",
  FIGCAST_SERVER__DRAIN_NOTICE: "0s",
};

export class Server {
  readonly #child: Child;
  /** With its base path, and without a slash at its end. */
  readonly url: string;

  private constructor(child: Child, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start({ args = [], env = {}, port = 0 }: ServerOptions = {}): Promise<Server> {
    const child = new Child(BINARY, ["serve", "--listen", `127.0.0.1:${port}`, ...args], {
      ...IMPATIENT,
      ...env,
    });
    const line = await child.until(({ stdout }) => /^.*\n/.exec(stdout)?.[0].trim());
    const url = /^listening on (http:\/\/127\.0\.0\.1:\d+(?:\/\w+)*)\/?$/.exec(line)?.[1];
    if (url === undefined) {
      child.signal("SIGKILL");
      throw new Error(`the first line of output is ${JSON.stringify(line)}`);
    }
    return new Server(child, url);
  }

  get log(): string {
    return this.#child.stderr;
  }

  /** A number that it tells of itself, by its full name with labels. */
  async metric(name: string): Promise<number> {
    const lines = (await (await fetch(`${this.url}/metrics`)).text()).split("\n");
    return Number(lines.find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
  }

  /** The polite end: within the drain time, with exit code 0. */
  async stop(): Promise<void> {
    if (!this.#child.isRunning) return;
    this.#child.signal("SIGTERM");
    expect(await this.#child.exited(), this.log).toBe(0);
  }

  /** Hangs, as a machine does that has no memory left: connections stand, and nothing comes through them. */
  freeze(): void {
    this.#child.signal("SIGSTOP");
  }

  thaw(): void {
    this.#child.signal("SIGCONT");
  }

  /** The end a machine's failure makes. */
  async kill(): Promise<void> {
    this.#child.signal("SIGKILL");
    expect(await this.#child.exited()).toBe(null);
  }
}
