/**
 * The heights that fit what is visible, of the prices and of every pane below them. Plotly fits y to
 * all of the data, wherever the reader has zoomed to.
 */
import { isPriced } from "../bars/bars";
import { lastPrice } from "../bars/lastPrice";
import { type AxisName, axisOf } from "../bars/paneAxes";
import { lowerBound, type Range, wallsOf } from "../bars/wallTime";
import type { Layout, Trace } from "../wire/figure";
import type { YRanges } from "./followMode";
import type { Scale } from "./paneSettings";

/** Free above and below the prices, and around the lines of a pane. */
const PRICE_ROOM = 0.07;
const PANE_ROOM = 0.05;
/** Of a price that stands still, so that it has a height at all. */
const FLAT_ROOM = 0.001;

interface Extent {
  low: number;
  high: number;
  /** Columns stand on zero. */
  grounded: boolean;
}

export interface FitOptions {
  scale: Scale;
  /** Traces that the reader has put away. */
  isHidden: (trace: Trace) => boolean;
}

/** `from` and `to` are places on the time axis. Axes without anything visible are left out. */
export function fitHeights(
  data: readonly Trace[],
  layout: Layout,
  [from, to]: readonly [number, number],
  { scale, isHidden }: FitOptions,
): YRanges {
  const extents = new Map<AxisName, Extent>();
  for (const trace of data) {
    if (trace.uid === "baseline" || trace.x === undefined || isHidden(trace)) continue;
    const axis = axisOf(trace);
    const extent = extents.get(axis) ?? {
      low: Number.POSITIVE_INFINITY,
      high: Number.NEGATIVE_INFINITY,
      grounded: false,
    };
    const least = axis === "yaxis" && scale === "log" ? 0 : Number.NEGATIVE_INFINITY;
    widen(extent, trace, [from, to], least);
    extents.set(axis, extent);
  }
  const prices = extents.get("yaxis");
  if (prices !== undefined) widenToLast(prices, data, layout, to, scale);
  const fitted: Partial<Record<AxisName, Range>> = {};
  for (const [axis, extent] of extents) {
    if (extent.low > extent.high || !(axis in layout)) continue;
    fitted[axis] = axis === "yaxis" ? priceRange(extent, scale) : paneRange(extent);
  }
  return fitted;
}

/** Takes in what is visible of a trace, of values above `least`. */
function widen(
  extent: Extent,
  trace: Trace,
  [from, to]: readonly [number, number],
  least: number,
): void {
  const walls = wallsOf(trace.x ?? []);
  // One more on each side: a line runs on to its neighbour beyond the edge.
  const outer = trace.type === "scatter" ? 1 : 0;
  const start = Math.max(0, lowerBound(walls, from) - outer);
  const end = Math.min(walls.length, lowerBound(walls, to) + outer);
  for (const column of isPriced(trace) ? [trace.high, trace.low] : [trace.y]) {
    for (let row = start; row < end; row += 1) {
      const value = column[row];
      if (value === null || value === undefined || !(value > least)) continue;
      if (value < extent.low) extent.low = value;
      if (value > extent.high) extent.high = value;
    }
  }
  if (trace.type === "bar" && end > start) {
    extent.grounded = true;
    extent.low = Math.min(extent.low, 0);
    extent.high = Math.max(extent.high, 0);
  }
}

/** Takes in the last price where the newest bar is: an auction's may be beyond all bars. */
function widenToLast(
  extent: Extent,
  data: readonly Trace[],
  layout: Layout,
  to: number,
  scale: Scale,
): void {
  const price = data.findLast(({ uid }) => uid === "forming" || uid === "price");
  const newest = wallsOf(price?.x ?? []).at(-1) ?? Number.POSITIVE_INFINITY;
  const last = lastPrice({ data: [], layout });
  if (last === undefined || newest > to || (scale === "log" && last <= 0)) return;
  extent.low = Math.min(extent.low, last);
  extent.high = Math.max(extent.high, last);
}

function priceRange({ low, high }: Extent, scale: Scale): Range {
  const log = scale === "log";
  const [bottom, top] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const flat = log ? FLAT_ROOM : Math.abs(top) * FLAT_ROOM || 1;
  const room = (top - bottom || flat) * PRICE_ROOM;
  return top === bottom ? [bottom - flat, top + flat] : [bottom - room, top + room];
}

function paneRange({ low, high, grounded }: Extent): Range {
  const room = (high - low || Math.abs(high) || 1) * PANE_ROOM;
  const bottom = grounded && low === 0 ? 0 : low - room;
  return [bottom, grounded && high === 0 ? 0 : high + room];
}
