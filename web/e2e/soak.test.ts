/** An hour of the market in a minute, with a hand on the chart all the while. */
import type { CDPSession, Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, mode, wheel } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { record, recorded, type Shown } from "./support/recorder.ts";
import { installScript, move, passes } from "./support/script.ts";

/** The page's clock runs this much faster, so that it draws as often as in an hour. */
const SPEED = 60;
/**
 * In which most of what is made once is made: caches, compiled code, Plotly's own stores. Draws make them, and a slow
 * machine has few draws in as many updates. In parts, as bars in sight leave the chart after so long a time.
 */
const WARM_UP = [2_500, 2_500, 2_500];
const MEASURED = 10_000;
const UPDATES = WARM_UP.reduce((sum, part) => sum + part, MEASURED);
const EVERY_MS = 5;
/** A hand that is slower than that on a slow machine is never faster on a fast one. */
const TICKS_A_GESTURE = 100;
const MEGABYTE = 2 ** 20;
/** Updates of an hour. */
const HOUR = 3_600;

interface Memory {
  heap: number;
  nodes: number;
}

/** Of the same view each time: a longer axis has more ticks. */
async function memory(page: Page, session: CDPSession): Promise<Memory> {
  // What the test wrote down is not the page's.
  await record(page);
  await page.getByTestId("chart-keys").focus();
  await page.keyboard.press("l");
  await expect.poll(() => mode(page)).toBe("follow");
  await move(page, { ticks: 40, every: 25, bar: 100 });
  // What one collection leaves to the next, the next one takes.
  const sizes: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await session.send("HeapProfiler.collectGarbage");
    sizes.push((await session.send("Runtime.getHeapUsage")).usedSize);
    await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
  }
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  return { heap: Math.min(...sizes) / MEGABYTE, nodes };
}

/** Wheels in and out and drags to and fro until the market has closed. */
async function fidget(page: Page, over: Promise<unknown>): Promise<number> {
  let isOver = false;
  let gestures = 0;
  void over.then(() => {
    isOver = true;
  });
  const box = await page.locator(".js-plotly-plot .nsewdrag").first().boundingBox();
  if (box === null) throw new Error("the chart has no area to drag in");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  while (!isOver) {
    await wheel(page, 3, gestures % 4 < 2 ? -60 : 60);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + (gestures % 2 === 0 ? 60 : -60), y, { steps: 5 });
    await page.mouse.up();
    gestures += 1;
    await Promise.race([over, passes(page, TICKS_A_GESTURE)]);
  }
  return gestures;
}

test("17,500 updates move no view that a hand has set, and leave nothing behind", async ({
  server,
  visit,
}) => {
  const page = await visit(`${server.url}/chart/AAPL?embed=1`, {
    prepare: (opening) => installScript(opening, { speed: SPEED }),
  });
  await becomes(page, "panel", "chart");
  const session = await page.context().newCDPSession(page);
  const watch = async (ticks: number) => {
    // So far in that no gesture brings the newest bar into sight, which would follow it, and so far from
    // the first bar that the bars in sight stay in the chart until the end.
    await wheel(page, 8, -120, 0.75);
    await expect.poll(() => mode(page)).toBe("frozen");
    await record(page);
    const market = move(page, { ticks, every: EVERY_MS, bar: 60 });
    const gestures = await fidget(page, market);
    return { gestures, shown: await recorded(page) };
  };
  const started = Date.now();
  const watched: Awaited<ReturnType<typeof watch>>[] = [];
  let before: Memory = { heap: 0, nodes: 0 };
  for (const part of WARM_UP) {
    watched.push(await watch(part));
    before = await memory(page, session);
  }
  watched.push(await watch(MEASURED));
  const after = await memory(page, session);

  const seconds = (Date.now() - started) / 1_000;
  const draws = watched.flatMap(({ shown }) => shown.filter(({ by }) => by === "draw"));
  const gestures = watched.reduce((sum, part) => sum + part.gestures, 0);
  const jumps = watched.reduce((sum, { shown }) => sum + jumpsOf(shown), 0);
  const slope = (after.heap - before.heap) / (MEASURED / HOUR);
  console.info(
    `${UPDATES} updates in ${seconds.toFixed(0)} s, ${draws.length} draws, ${gestures} gestures, ` +
      `${jumps} jumps; heap ${before.heap.toFixed(1)} -> ${after.heap.toFixed(1)} MB, ` +
      `${slope.toFixed(2)} MB an hour, nodes ${before.nodes} -> ${after.nodes}`,
  );
  expect(draws.length).toBeGreaterThan(UPDATES / 100);
  expect(gestures).toBeGreaterThan(10);
  expect(jumps).toBe(0);
  expect(slope).toBeLessThan(1);
  expect(Math.abs(after.nodes - before.nodes)).toBeLessThan(before.nodes * 0.1);
}, 240_000);

/** Draws that show another stretch of time than the hand before them has left. */
function jumpsOf(shown: readonly Shown[]): number {
  let jumps = 0;
  let settled: string | null = null;
  for (const { by, x } of shown) {
    if (by === "draw" && settled !== null && JSON.stringify(x) !== settled) jumps += 1;
    if (by === "end") settled = JSON.stringify(x);
    if (by === "hand") settled = null;
  }
  return jumps;
}
