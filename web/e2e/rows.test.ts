/** Streams of rows: every client that keeps them by time has the table, and other people's charts draw it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EventSource } from "eventsource";
import { describe, expect } from "vitest";
import { ROOT } from "./support/children.ts";
import { test } from "./support/fixtures.ts";
import { Market } from "./support/market.ts";
import { Curl, Fetch, Kept, ListeningSite, Plain } from "./support/readers.ts";
import { stub } from "./support/stub.ts";

const COUNT = 25;
const SOON = { timeout: 15_000, interval: 5 };

/** The rows of `/bars`, each a list in the order of the columns. */
async function table(url: string): Promise<unknown[][]> {
  const { columns, bars } = await (await fetch(url)).json();
  return bars.map((row: Record<string, unknown>) =>
    columns.map((column: string) => row[column] ?? null),
  );
}

/** Pages of the documentation, each with what its chart tells its bars by. */
const PAGES = [
  {
    library: "lightweight-charts",
    file: "dist/lightweight-charts.standalone.production.js",
    page: "lightweight-charts.html",
    global: "series",
    bars: "data",
  },
  {
    library: "klinecharts",
    file: "dist/umd/klinecharts.min.js",
    page: "klinecharts.html",
    global: "chart",
    bars: "getDataList",
  },
] as const;

describe("rows", () => {
  test("are the table in every client and every coding", async ({ browser, start, stopping }) => {
    // The market moves only when every client has the rows before, so that none is passed over.
    const market = await stopping(Market.open(1));
    const server = await start(market.settings);
    const query = "studies=sma:20,rsi";
    const stream = `${server.url}/stream/AAPL?${query}&as=bars`;
    const plain = await stopping(Plain.open(stream, new Kept("identity")));
    const chromium = await stopping(ListeningSite.open("Chromium", { rows: stream }, Kept));
    const readers = await Promise.all([
      ...["gzip", "zstd"].map((coding) =>
        stopping(Promise.resolve(new Curl(coding, stream, coding, Kept))),
      ),
      stopping(Promise.resolve(new Fetch("rows", stream, Kept))),
    ]);
    const context = await browser.newContext();
    await (await context.newPage()).goto(chromium.url);
    const all = [plain, ...readers, ...chromium.readers];
    const behind = () =>
      all.map(({ heard }) => heard).filter(({ last }) => last !== plain.heard.last);
    for (let moved = 0; moved <= COUNT; moved += 1) {
      if (moved > 0) market.step();
      await expect.poll(() => plain.heard.figures.length, SOON).toBeGreaterThan(moved);
      await expect
        .poll(() => behind().map(({ name, last }) => `${name}: ${last}`), SOON)
        .toEqual([]);
    }
    const rows = await table(`${server.url}/bars/AAPL?${query}`);
    for (const { heard } of all as { heard: Kept }[]) {
      expect(heard.rows, heard.name).toEqual(rows);
      expect(heard.changes, heard.name).toBeGreaterThanOrEqual(COUNT - 1);
      expect(heard.figures, heard.name).toEqual(plain.heard.figures.slice(-heard.figures.length));
    }
    expect(all.map(({ heard }) => heard.coding).slice(0, 4)).toEqual([
      undefined,
      "gzip",
      "zstd",
      "gzip",
    ]);
    expect(chromium.accepted).toContain("zstd");
    await context.close();
  });

  test("of one tick are at most 200 bytes", async ({ start, stopping }) => {
    const market = await stopping(Market.open(1));
    const { url } = await start(market.settings);
    const source = new EventSource(`${url}/stream/AAPL?as=bars`);
    const texts: string[] = [];
    source.onmessage = ({ data, lastEventId }) =>
      texts.push(`id: ${lastEventId}\ndata: ${data}\n\n`);
    for (let moved = 0; moved < 5; moved += 1) {
      await expect.poll(() => texts.length, SOON).toBe(moved + 1);
      market.step();
    }
    source.close();
    for (const text of texts.slice(1)) expect(text.length, text).toBeLessThanOrEqual(200);
  });

  test.for(PAGES)(
    "draw and move a chart of $library, by the page in the documentation",
    async ({ library, file, page: name, global, bars }, { start, stopping, visit }) => {
      const market = await stopping(Market.open(1));
      const server = await start(market.settings);
      const script = await readFile(join(ROOT, "web/node_modules", library, file));
      let page = await readFile(join(ROOT, "docs/examples", name), "utf8");
      for (const [there, here] of [
        [new RegExp(`https://unpkg\\.com/${library}@\\d+/[\\w./-]+`), "/library.js"],
        [/http:\/\/localhost:8080/, server.url],
        // A test has to see what is drawn.
        [new RegExp(`const ${global} = `), `const ${global} = window.shown = `],
      ] as const) {
        expect(page).toMatch(there);
        page = page.replace(there, here);
      }
      const site = await stopping(
        stub(({ url }, response) => {
          const isLibrary = url === "/library.js";
          const type = isLibrary ? "text/javascript" : "text/html";
          response.setHeader("content-type", type);
          response.end(isLibrary ? script : `${page}<link rel="icon" href="data:,">`);
        }),
      );
      const browser = await visit(site.url, {
        expected: new RegExp(`^request to ${server.url}/stream/AAPL\\?as=bars$`),
      });
      const drawn = () =>
        browser.evaluate((name) => {
          const shown = Reflect.get(window, "shown");
          return shown?.[name]().map((bar: Record<string, number>) => [bar.open, bar.close]);
        }, bars);
      const prices = async () =>
        (await table(`${server.url}/bars/AAPL`)).map(([, open, , , close]) => [open, close]);
      await expect.poll(drawn, SOON).toHaveLength(390);
      for (let moved = 0; moved < 5; moved += 1) {
        const before = JSON.stringify(await drawn());
        market.step();
        await expect.poll(async () => JSON.stringify(await drawn()), SOON).not.toBe(before);
        expect(await drawn()).toEqual(await prices());
      }
    },
  );
});
