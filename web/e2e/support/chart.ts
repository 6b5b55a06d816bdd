/** What the page shows, read the way a reader sees it: from what is drawn. */
import type { Page } from "playwright-core";
import { expect } from "vitest";

export const DEADLINE = { timeout: 30_000, interval: 100 };

interface Plot extends HTMLElement {
  data: { uid: string; x: string[]; y: number[] }[];
  layout: { meta: { view: string; quote: { asOf: string } }; xaxis: { range: [string, string] } };
  on(event: string, listener: () => void): void;
}

export interface Reading {
  view: string;
  /** The instant of its quote, in seconds. */
  second: number;
  points: number;
  last: number;
  range: [string, string];
  /** The line on the screen. */
  path: string;
}

/** The chart as it is drawn now; null before the first draw. */
export function reading(page: Page): Promise<Reading | null> {
  return page.evaluate(() => {
    const plot = document.querySelector<Plot>(".js-plotly-plot");
    const line = plot?.querySelector(".scatterlayer .trace:last-child .js-line");
    const price = plot?.data?.find((trace) => trace.uid === "price");
    if (!plot || !line || !price) return null;
    return {
      view: plot.layout.meta.view,
      second: Date.parse(plot.layout.meta.quote.asOf) / 1000,
      points: price.x.length,
      last: price.y.at(-1) ?? Number.NaN,
      range: [...plot.layout.xaxis.range] as [string, string],
      path: line.getAttribute("d") ?? "",
    };
  });
}

export async function drawn(page: Page): Promise<Reading> {
  await expect.poll(() => reading(page), DEADLINE).not.toBe(null);
  return (await reading(page)) as Reading;
}

/** Waits until the line on the screen is another than it is now. */
export async function moves(page: Page): Promise<Reading> {
  const before = await drawn(page);
  await expect.poll(async () => (await reading(page))?.path, DEADLINE).not.toBe(before.path);
  return drawn(page);
}

/** Counts the draws from now on. */
export async function drawCounter(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    Reflect.set(window, "figcastDraws", 0);
    document.querySelector<Plot>(".js-plotly-plot")?.on("plotly_afterplot", () => {
      Reflect.set(window, "figcastDraws", Reflect.get(window, "figcastDraws") + 1);
    });
  });
  return () => page.evaluate(() => Reflect.get(window, "figcastDraws") as number);
}

/** Waits until an element of the page, by its test id, is in a state. */
export async function becomes(page: Page, id: string, state: string): Promise<void> {
  const element = page.getByTestId(id);
  await expect
    .poll(() => element.getAttribute("data-state", { timeout: 1_000 }).catch(() => null), {
      ...DEADLINE,
      message: `${id} becomes ${state}`,
    })
    .toBe(state);
}

/** Turns the wheel over the chart, at a share of its width, a notch at a time. */
export async function wheel(page: Page, turns: number, by = -120, at = 0.5): Promise<void> {
  const box = await page.locator(".js-plotly-plot .nsewdrag").first().boundingBox();
  if (box === null) throw new Error("the chart has no area to zoom in");
  await page.mouse.move(box.x + box.width * at, box.y + box.height / 2);
  for (let turn = 0; turn < turns; turn += 1) {
    await page.mouse.wheel(0, by);
    await page.waitForTimeout(30);
  }
}

/** Drags the chart from its middle by so many pixels. */
export async function drag(page: Page, by: number): Promise<void> {
  const box = await page.locator(".js-plotly-plot .nsewdrag").first().boundingBox();
  if (box === null) throw new Error("the chart has no area to drag");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + by, y, { steps: 5 });
  await page.mouse.up();
}

/** Whether the chart follows the newest bars or stays where it is. */
export function mode(page: Page): Promise<string | null> {
  return page.getByTestId("panel").getAttribute("data-mode");
}

/** Milliseconds from one bound of a range to the other. */
export function spanOf([from, to]: readonly [string, string]): number {
  const wall = (stamp: string) => Date.parse(`${stamp.replace(" ", "T")}Z`);
  return wall(to) - wall(from);
}
