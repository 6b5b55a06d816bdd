/** The scene of a chart: the places of times and prices on the screen, for all that is drawn over it. */
import type { PlotlyAxis, PlotlyElement } from "plotly.js-finance-dist-min";
import type { Bars } from "../bars/bars";
import { bounds, wallOf, wallText } from "../bars/wallTime";
import type { Figure } from "../wire/figure";
import type { Pace } from "./drawGate";
import type { ViewMode } from "./followMode";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Scene {
  /** What the figure is of. */
  key: string;
  /** The figure that is drawn, on the clock that is shown. */
  figure: Figure;
  bars: Bars;
  mode: ViewMode;
  newBars: number;
  /** The stretch of time shown, as places on the axis. */
  from: number;
  to: number;
  /** Of the prices and each pane below them, by the name of the y axis, in pixels of the chart's box. */
  panes: ReadonlyMap<string, Box>;
  /** Of the prices, and of all panes together. */
  prices: Box;
  whole: Box;
  /** A hand is on the chart: places are on the move. */
  moving: boolean;
  pace: Pace;
  /** Pixels from the left of the chart's box. */
  xOf: (wall: number) => number;
  wallAt: (x: number) => number;
  /** Pixels from the top of the chart's box. */
  yOf: (price: number) => number;
  priceAt: (y: number) => number;
}

export type Measured = Pick<
  Scene,
  "from" | "to" | "panes" | "prices" | "whole" | "xOf" | "wallAt" | "yOf" | "priceAt"
>;

const Y_AXIS = /^yaxis\d*$/;

export function measure({ _fullLayout: layout }: PlotlyElement): Measured {
  const { xaxis, yaxis } = layout;
  const [from, to] = bounds(xaxis.range);
  const across = { left: xaxis._offset, width: xaxis._length };
  const box = (axis: PlotlyAxis): Box => ({ ...across, top: axis._offset, height: axis._length });
  const panes = new Map(
    Object.keys(layout)
      .filter((key) => Y_AXIS.test(key))
      .map((key) => [key, box(layout[key] as PlotlyAxis)]),
  );
  const prices = box(yaxis);
  const bottom = Math.max(...[...panes.values()].map(({ top, height }) => top + height));
  return {
    from,
    to,
    panes,
    prices,
    whole: { ...prices, height: bottom - prices.top },
    xOf: (wall) => xaxis._offset + xaxis.d2p(wallText(wall)),
    wallAt: (x) => wallOf(String(xaxis.p2d(x - xaxis._offset))),
    yOf: (price) => yaxis._offset + yaxis.d2p(price),
    priceAt: (y) => Number(yaxis.p2d(y - yaxis._offset)),
  };
}
