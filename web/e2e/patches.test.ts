/** Patches, by clients and libraries that figcast did not write. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventSource } from "eventsource";
import fastJsonPatch, { type Operation } from "fast-json-patch";
import { describe, expect } from "vitest";
import { Child } from "./support/children.ts";
import { test } from "./support/fixtures.ts";
import { PYTHON, prepare } from "./support/python.ts";
import { Curl, Fetch, ListeningSite, Plain } from "./support/readers.ts";

/** Enough for ticks that move the price, ticks that do not, and colours that change. */
const COUNT = 25;

interface Update {
  id: string;
  patch: { from: string; ops: Operation[] } | null;
  figure: object | null;
}

/** The first updates of a stream, each a figure or what turns the one before into it. */
function updates(url: string, count: number): Promise<Update[]> {
  return new Promise((resolve) => {
    const seen: Update[] = [];
    const source = new EventSource(url);
    const take = (update: Update) => {
      seen.push(update);
      if (seen.length < count) return;
      source.close();
      resolve(seen);
    };
    source.onmessage = ({ data, lastEventId: id }) =>
      take({ id, figure: JSON.parse(data), patch: null });
    source.addEventListener("patch", ({ data, lastEventId: id }) =>
      take({ id, figure: null, patch: JSON.parse(data) }),
    );
  });
}

/** Applies patches and compares with what other streams brought. */
const APPLY = `
import json, sys
import jsonpatch

patched, figures = json.load(open(sys.argv[1]))
whole = {update["id"]: update["figure"] for update in figures}
held, figure, patches, compared = None, None, 0, 0
for update in patched:
    patch = update["patch"]
    if patch is None:
        figure = update["figure"]
    else:
        assert patch["from"] == held, update["id"]
        figure = jsonpatch.apply_patch(figure, patch["ops"])
        patches += 1
    held = update["id"]
    if held in whole:
        assert figure == whole[held], held
        compared += 1
print(json.dumps([patches, compared]))
`;

const VIEW = "/stream/AAPL?chart=candlestick&studies=volume,sma:20";
const PATCHED = `${VIEW}&updates=patch`;

describe("patches", () => {
  test("lead to the figures that other streams bring, in JavaScript and in Python", async ({
    server,
    skip,
  }) => {
    const [patched, figures] = await Promise.all([
      updates(server.url + PATCHED, COUNT),
      updates(server.url + VIEW, COUNT),
    ]);
    const whole = new Map(figures.map(({ id, figure }) => [id, figure]));
    let held = { id: "", figure: {} as object };
    let compared = 0;
    for (const { id, figure, patch } of patched) {
      expect(patch?.from ?? held.id).toBe(held.id);
      const next = figure ?? fastJsonPatch.applyPatch(held.figure, patch?.ops ?? [], true, false);
      held = { id, figure: "newDocument" in next ? (next.newDocument as object) : next };
      if (!whole.has(id)) continue;
      expect(held.figure).toEqual(whole.get(id));
      compared += 1;
    }
    const patches = patched.filter(({ patch }) => patch !== null).length;
    expect(compared).toBeGreaterThan(COUNT / 2);
    expect(patches).toBeGreaterThan(COUNT / 2);

    const obstacle = await prepare();
    skip(obstacle !== null, obstacle ?? "");
    const folder = await mkdtemp(join(tmpdir(), "figcast-patches-"));
    const file = join(folder, "updates.json");
    await writeFile(file, JSON.stringify([patched, figures]));
    const python = new Child(PYTHON, ["-c", APPLY, file]);
    expect(await python.exited(), python.stderr).toBe(0);
    expect(JSON.parse(python.stdout)).toEqual([patches, compared]);
    await rm(folder, { recursive: true });
  }, 300_000);

  test("are heard alike in every coding", async ({ browser, server, stopping }) => {
    const url = server.url + PATCHED;
    const plain = await stopping(Plain.open(url));
    const curls = ["identity", "gzip", "zstd"].map((coding) => new Curl(coding, url, coding));
    const readers = [...curls, new Fetch("patches", url)];
    for (const one of readers) await stopping(Promise.resolve(one));
    const site = await stopping(ListeningSite.open("Chromium", { patches: url }));
    const context = await browser.newContext();
    await (await context.newPage()).goto(site.url);

    const enough = () => [...readers, ...site.readers].every(({ heard }) => heard.patches >= 10);
    await expect.poll(enough, { timeout: 40_000, interval: 100 }).toBe(true);
    const codings = readers.map(({ heard }) => heard.coding);
    expect(codings).toEqual([undefined, "gzip", "zstd", "gzip"]);
    expect(site.accepted).toContain("zstd");
    // Each begins with a figure, and whichever is behind the others by a moment lacks the last.
    const said = new Map(plain.heard.figures.map(({ id, hash }) => [id, hash]));
    for (const { heard } of [...readers, ...site.readers]) {
      const known = heard.figures.slice(1).filter(({ id }) => said.has(id));
      expect(known.length, heard.name).toBeGreaterThanOrEqual(9);
      for (const { id, hash } of known) expect(said.get(id), `${heard.name}: ${id}`).toBe(hash);
    }
    await context.close();
  });
});
