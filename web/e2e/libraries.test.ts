/**
 * Streams in every coding, by the libraries that programs read them with. docs/CLIENTS.md is the table of
 * what is asserted here.
 */
import { appendFile } from "node:fs/promises";
import { expect } from "vitest";
import { Child } from "./support/children.ts";
import { test as base } from "./support/fixtures.ts";
import { LARGE_RUNTIMES, LibraryProcess, RUNTIMES, type Runtime } from "./support/libraries.ts";
import { Market } from "./support/market.ts";
import { PYTHON_TIMEOUT } from "./support/python.ts";
import { Heard, Plain } from "./support/readers.ts";

/** Larger runtimes as well; and a file that gets a line for every client. */
const { FIGCAST_ALL_CLIENTS: all, FIGCAST_CLIENTS_TABLE: table } = process.env;
const SOON = { timeout: 60_000, interval: 10 };

const test = base.extend("market", ({ stopping }) => {
  return () => stopping(Market.open());
});

/** Programs that decode when they have much or all: what they have read is looked at afterwards. */
const TOOLS: Record<string, string> = {
  "zstd -d": `curl -sSN -H "Accept-Encoding: zstd" "$0" | zstd -dc`,
  "gzip -d": `curl -sSN -H "Accept-Encoding: gzip" "$0" | gzip -dc`,
};

test("every library hears every figure in every coding, and how a stream ends", {
  timeout: PYTHON_TIMEOUT,
}, async ({ market: open, start, stopping }) => {
  const market = await open();
  const { args, env } = market.settings;
  const options = { args, env: { ...env, FIGCAST_HUB__HEARTBEAT: "700ms" } };
  const here: [Runtime, string[]][] = [];
  for (const runtime of all === undefined ? RUNTIMES : [...RUNTIMES, ...LARGE_RUNTIMES]) {
    const command = await runtime.prepare();
    if (typeof command === "string") console.warn(`${runtime.name} is left out: ${command}`);
    else here.push([runtime, command]);
  }

  for (const end of ["stop", "kill"] as const) {
    /** These connect again by themselves, so that the end of a stream is not theirs. */
    const reconnecting = end === "stop" ? /^eventsource / : /^(eventsource|fetch-event-source) /;
    const server = await start(options);
    const url = `${server.url}/stream/AAPL`;
    const plain = await stopping(Plain.open(url));
    const processes = here.map(([runtime, command]) => new LibraryProcess(runtime, command, url));
    for (const process of processes) await stopping(Promise.resolve(process));
    const tools = Object.entries(TOOLS).map(([name, script]) => {
      return [name, new Child("sh", ["-c", script, url])] as const;
    });
    const clients = () => processes.flatMap((process) => process.clients);
    const logs = () => processes.map(({ log, name }) => `${name}: ${log}`).join("\n");
    /** Those that have not heard the last figure. */
    const behind = () =>
      clients()
        .filter(({ heard }) => heard.last !== plain.heard.last)
        .map(({ ended, heard }) => `${heard.name} ${heard.last} ${ended ?? ""}`);
    const together = () => expect.poll(behind, { ...SOON, message: logs() }).toEqual([]);
    const move = async (times: number) => {
      for (let moved = 0; moved < times; moved += 1) {
        const count = plain.heard.figures.length;
        market.step();
        await expect.poll(() => plain.heard.figures.length, SOON).toBe(count + 1);
        await together();
      }
    };
    await expect.poll(() => plain.heard.last, SOON).toBeDefined();
    await together();
    // Past the end of a chain, then silence, and on.
    await move(end === "stop" ? 34 : 2);
    const { comments } = plain.heard;
    await expect.poll(() => plain.heard.comments, SOON).toBeGreaterThan(comments + 1);
    await move(3);

    for (const client of clients()) {
      const { coding, heard, opened } = client;
      expect(heard.figures, heard.name).toEqual(plain.heard.figures.slice(-heard.figures.length));
      expect(heard.figures.length, heard.name).toBeGreaterThan(end === "stop" ? 36 : 4);
      // One that takes an event for an empty message connects again for ever.
      expect(opened, `${heard.name} connects once`).toBe(1);
      expect(heard.coding, heard.name).toBe(coding);
    }
    await server[end]();
    const open = () =>
      clients().filter(({ name, ended }) => !(reconnecting.test(name) || ended !== undefined));
    await expect.poll(() => open().map(({ heard }) => heard.name), SOON).toEqual([]);
    const told = clients().map(({ heard: { name }, ended: how }) => `${end} ${name}: ${how}\n`);
    if (table !== undefined) await appendFile(table, told.join(""));
    // A clean end is none to worry about, and a cut is not taken for one.
    const wrong = clients().filter(({ name, ended: how }) => {
      return !reconnecting.test(name) && (how === "") !== (end === "stop");
    });
    expect(wrong.map(({ heard, ended: how }) => `${heard.name}: ${how}`)).toEqual([]);
    for (const [name, tool] of tools) {
      const code = await tool.exited();
      const heard = new Heard(name);
      heard.text(tool.stdout);
      if (end === "stop") {
        expect(code, `${name}: ${tool.stderr}`).toBe(0);
        expect(heard.figures, name).toEqual(plain.heard.figures.slice(-heard.figures.length));
        expect(heard.figures.length, name).toBeGreaterThan(36);
      } else expect(code, name).not.toBe(0);
    }
    for (const process of processes) await process.stop();
  }
});
