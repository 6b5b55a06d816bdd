/** An hour of the market in a minute, with a hand on the chart all the while. */
import type { CDPSession, Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, mode, wheel } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { record, recorded } from "./support/recorder.ts";
import { installScript, move } from "./support/script.ts";

/** The page's clock runs this much faster, so that it draws as often as in an hour. */
const SPEED = 60;
const UPDATES = 10_000;
const EVERY_MS = 5;
const MEGABYTE = 2 ** 20;

async function memory(session: CDPSession): Promise<{ heap: number; nodes: number }> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes } = await session.send("Memory.getDOMCounters");
  return { heap: usedSize / MEGABYTE, nodes };
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
    await page.waitForTimeout(400);
  }
  return gestures;
}

test("10,000 updates move no view that a hand has set, and leave nothing behind", async ({
  server,
  visit,
}) => {
  const page = await visit(`${server.url}/chart/AAPL?embed=1`, {
    prepare: (opening) => installScript(opening, { speed: SPEED }),
  });
  await becomes(page, "panel", "chart");
  await wheel(page, 3);
  await expect.poll(() => mode(page)).toBe("frozen");
  // What is made once is made now: caches, compiled code, Plotly's own stores.
  await move(page, { ticks: 400, every: EVERY_MS, bar: 60 });
  await record(page);
  const session = await page.context().newCDPSession(page);
  const before = await memory(session);

  const started = Date.now();
  const market = move(page, { ticks: UPDATES, every: EVERY_MS, bar: 60 });
  const gestures = await fidget(page, market);
  const seconds = (Date.now() - started) / 1_000;

  await page.waitForTimeout(300);
  const shown = await recorded(page);
  const after = await memory(session);
  const draws = shown.filter(({ by }) => by === "draw").length;
  let jumps = 0;
  let settled: string | null = null;
  for (const { by, x } of shown) {
    // The draws that follow a hand have to show what it has left.
    if (by === "draw" && settled !== null && JSON.stringify(x) !== settled) jumps += 1;
    if (by === "end") settled = JSON.stringify(x);
    if (by === "hand") settled = null;
  }
  const growth = after.heap - before.heap;
  console.info(
    `${UPDATES} updates in ${seconds.toFixed(0)} s, ${draws} draws, ${gestures} gestures, ` +
      `${jumps} jumps; heap ${before.heap.toFixed(1)} -> ${after.heap.toFixed(1)} MB, ` +
      `nodes ${before.nodes} -> ${after.nodes}`,
  );
  expect(draws).toBeGreaterThan(UPDATES / 100);
  expect(gestures).toBeGreaterThan(10);
  expect(jumps).toBe(0);
  // At one update a second this was most of three hours.
  expect(growth).toBeLessThan(UPDATES / 3_600);
  expect(Math.abs(after.nodes - before.nodes)).toBeLessThan(before.nodes * 0.1);
}, 180_000);
