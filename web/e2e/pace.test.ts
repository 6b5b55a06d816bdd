/** How long it takes from an update that has come to its chart that is drawn. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { becomes } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { installScript, move } from "./support/script.ts";

const UPDATES = 30;
/** Further apart than two draws have to be, so that none waits for its turn. */
const EVERY_MS = 700;
/** What is promised of a machine of its own; this one is shared with whatever else is running. */
const SHARED = 3;

async function latencies(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const taken: number[] = [];
    Reflect.set(globalThis, "figcastTaken", taken);
    let delivered: number | null = null;
    for (const source of globalThis.figcastScript) {
      const { deliver } = source;
      source.deliver = () => {
        delivered = performance.now();
        deliver();
      };
    }
    const plot = document.querySelector(".js-plotly-plot") as unknown as {
      on: (event: string, listener: () => void) => void;
    };
    plot.on("plotly_afterplot", () => {
      if (delivered !== null) taken.push(performance.now() - delivered);
      delivered = null;
    });
  });
  await move(page, { ticks: UPDATES, every: EVERY_MS, bar: 10 });
  return page.evaluate(() => Reflect.get(globalThis, "figcastTaken") as number[]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test.for([
  ["a mountain of 390 bars", "", 50],
  ["candles with volume and two averages", "&chart=candlestick&studies=volume,sma:20,ema:50", 150],
] as const)(
  "%s is drawn soon after its update",
  async ([what, options, limit], { server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1${options}`, {
      prepare: (opening) => installScript(opening),
    });
    await becomes(page, "panel", "chart");
    await move(page, { ticks: 5, every: EVERY_MS, bar: 10 });
    const taken = await latencies(page);
    console.info(`${what}: ${median(taken).toFixed(0)} ms, of ${taken.length} draws`);
    expect(taken.length).toBeGreaterThan(UPDATES / 2);
    expect(median(taken)).toBeLessThan(limit * SHARED);
  },
);
