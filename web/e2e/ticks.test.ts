/** What stands below a chart, read by people in other zones than the exchange's. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { DEADLINE } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { site } from "./support/stub.ts";

/** Browsers' zones, with their minutes behind UTC on 1 July and on 1 January. */
const READERS = [
  ["UTC", 0, 0],
  ["Asia/Kolkata", -330, -330],
  ["America/New_York", 240, 300],
  ["Pacific/Auckland", -720, -780],
] as const;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Instants, each after the other. */
const from = (start: string, step: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => Date.parse(start) / 1_000 + n * step);

interface Recording {
  query: string;
  instants: number[];
  /** Some of what has to stand below it. */
  labels: string[];
}

interface Market {
  zone: string;
  recordings: Record<string, Recording>;
}

/** Markets around the days on which their clocks change. */
const MARKETS: Market[] = [
  {
    zone: "America/New_York",
    recordings: {
      // Sessions of Friday and Monday, an hour apart in UTC.
      SESSIONS: {
        query: "interval=5m&range=5d",
        instants: [
          ...from("2026-10-30T09:30-04:00", 5 * MINUTE, 78),
          ...from("2026-11-02T09:30-05:00", 5 * MINUTE, 78),
        ],
        labels: ["09:30Nov 2"],
      },
      // Nothing closes, and two o'clock never comes: this is drawn in UTC.
      NONSTOP: {
        query: "interval=1h&range=5d",
        instants: from("2026-03-07T12:00-05:00", HOUR, 30),
        labels: ["18:00Mar 7", "00:00Mar 8"],
      },
      DAYS: {
        query: "interval=1d&range=1mo",
        instants: [
          ...from("2026-02-20T00:00-05:00", DAY, 17),
          ...from("2026-03-09T00:00-04:00", DAY, 12),
        ],
        labels: ["Feb 202026", "Mar 7"],
      },
    },
  },
  {
    zone: "Pacific/Auckland",
    recordings: {
      SESSIONS: {
        query: "interval=5m&range=5d",
        instants: [
          ...from("2026-09-25T10:00+12:00", 5 * MINUTE, 81),
          ...from("2026-09-28T10:00+13:00", 5 * MINUTE, 81),
        ],
        labels: ["10:00Sep 28"],
      },
      DAYS: {
        query: "interval=1d&range=1mo",
        instants: [
          ...from("2026-09-10T00:00+12:00", DAY, 18),
          ...from("2026-09-28T00:00+13:00", DAY, 11),
        ],
        labels: ["Sep 122026", "Sep 27"],
      },
    },
  },
];

/** Files of bars, one a recording, as arguments of a server that shows them. */
async function recorded({ zone, recordings }: Market, folder: string): Promise<string[]> {
  const args = ["--source", "replay", "--timezone", zone];
  for (const [symbol, { instants }] of Object.entries(recordings)) {
    const rows = instants.map((ts, n) => `${ts},${100 + (n % 7)},110,90,${101 + (n % 5)},10`);
    const file = join(folder, `${symbol}.csv`);
    await writeFile(file, `ts,open,high,low,close,volume\n${rows.join("\n")}\n`);
    args.push("--file", `${symbol}=${file}`);
  }
  return args;
}

/** A page of another site with a chart of each recording, and with one whose x are Dates. */
function client(server: string, recordings: Record<string, Recording>): string {
  const streams = Object.entries(recordings).map(
    ([symbol, { query }]) => `
    document.body.append(Object.assign(document.createElement("div"), { id: "${symbol}" }));
    new EventSource("${server}/stream/${symbol}?${query}").onmessage =
      e => Plotly.react("${symbol}", JSON.parse(e.data));`,
  );
  const hours = from("2026-07-01T00:00Z", HOUR, 48).map((ts) => `new Date(${ts * 1_000})`);
  return `${streams.join("\n")}
    Plotly.newPlot("chart", [{ x: [${hours}], y: [${hours.map((_, n) => n)}] }]);`;
}

/** The labels below a chart once it has all its points. */
async function labels(page: Page, id: string, points: number): Promise<string[]> {
  const drawn = () =>
    page.evaluate((id) => {
      const traces = Reflect.get(document.getElementById(id) ?? {}, "data") ?? [];
      return Math.max(0, ...traces.map(({ x }: { x: unknown[] }) => x.length));
    }, id);
  await expect.poll(drawn, DEADLINE).toBe(points);
  return page.locator(`#${id} .xtick text`).allTextContents();
}

test.for(MARKETS)(
  "readers everywhere see the clock of $zone",
  async (market, { start, stopping, visit, onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), "figcast-ticks-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const server = await start({ args: await recorded(market, folder) });
    const { url } = await stopping(site(client(server.url, market.recordings)));
    const expected = new RegExp(`^request to ${server.url}/stream/`);
    const seen: Record<string, string[]>[] = [];
    const controls: string[] = [];
    for (const [timezoneId, summer, winter] of READERS) {
      const page = await visit(url, { timezoneId, expected });
      const behind = (day: string) =>
        page.evaluate((day) => new Date(day).getTimezoneOffset(), day);
      expect([await behind("2026-07-01"), await behind("2026-01-01")]).toEqual([summer, winter]);
      const below: Record<string, string[]> = {};
      for (const [symbol, { instants }] of Object.entries(market.recordings)) {
        below[symbol] = await labels(page, symbol, instants.length);
      }
      seen.push(below);
      controls.push((await labels(page, "chart", 48)).join());
    }
    for (const [symbol, { labels }] of Object.entries(market.recordings)) {
      const below = seen[0]?.[symbol] ?? [];
      expect(below.length).toBeGreaterThan(2);
      for (const label of labels) expect(below).toContain(label);
    }
    for (const below of seen.slice(1)) expect(below).toEqual(seen[0]);
    // Instants that are no text are drawn on the reader's clock: this test can fail.
    expect(new Set(controls).size).toBeGreaterThan(1);
  },
);
