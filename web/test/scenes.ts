/** What is on the screen, without a chart: four bars, 100 pixels each, in a box of 400 by 300. */
import { barsOf } from "../src/lib/bars/bars";
import type { PageStyle } from "../src/lib/chart/pageStyle";
import type { Box, Scene } from "../src/lib/chart/scene";
import type { Figure } from "../src/lib/wire/figure";
import { aCandleFigure } from "./figures";

export const BAR_PX = 100;
export const BOX: Box = { left: 0, top: 30, width: 400, height: 300 };

export const STYLE: PageStyle = {
  font: "Inter, sans-serif",
  text: "#eee",
  muted: "#999",
  surface: "#000",
  raised: "#111",
  grid: "#222",
  outline: "#333",
  onLine: "#000",
  coarse: false,
  fade: (colour, opacity) => `${colour}/${opacity}`,
};

export function aScene(changes: Partial<Scene> = {}, figure: Figure = aCandleFigure()): Scene {
  const bars = barsOf(figure);
  const from = bars.walls[0] ?? 0;
  const scale = BAR_PX / bars.step;
  return {
    key: "AAPL",
    figure,
    bars,
    mode: { kind: "follow", window: "all", width: null },
    newBars: 0,
    from,
    to: from + BOX.width / scale,
    panes: new Map([["yaxis", BOX]]),
    prices: BOX,
    whole: BOX,
    moving: false,
    pace: { draw: null, every: 500 },
    xOf: (wall) => BOX.left + (wall - from) * scale,
    wallAt: (x) => from + (x - BOX.left) / scale,
    yOf: () => 0,
    priceAt: () => 0,
    ...changes,
  };
}
