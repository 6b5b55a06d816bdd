/** Writes down every view that the chart shows, and whether a hand was on it. */
import type { Page } from "playwright-core";

export interface Shown {
  /** Draws are the program's; the others are a hand's. */
  by: "draw" | "hand" | "end";
  x: readonly [string, string];
  y: readonly [number, number];
}

interface Plot extends HTMLElement {
  _fullLayout: { xaxis: { range: [string, string] }; yaxis: { range: [number, number] } };
  on(event: string, listener: () => void): void;
}

declare global {
  var figcastShown: Shown[];
}

export async function record(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.figcastShown = [];
    const plot = document.querySelector<Plot>(".js-plotly-plot");
    const note = (by: Shown["by"]) => () => {
      if (plot === null) return;
      const { xaxis, yaxis } = plot._fullLayout;
      globalThis.figcastShown.push({ by, x: [...xaxis.range], y: [...yaxis.range] });
    };
    if (Reflect.has(globalThis, "figcastRecording")) return;
    Reflect.set(globalThis, "figcastRecording", true);
    plot?.on("plotly_afterplot", note("draw"));
    plot?.on("plotly_relayouting", note("hand"));
    plot?.on("plotly_relayout", note("end"));
  });
}

export function recorded(page: Page): Promise<Shown[]> {
  return page.evaluate(() => globalThis.figcastShown);
}
