/** The path of the navigator: the whole chart in little, with bars at equal distances, so that closed hours take no room. */
import type { Bars } from "../bars/bars";
import { rowAt } from "../bars/rows";

/** More points than this cannot be told apart. */
const MOST_POINTS = 400;

/** An SVG path of the closes; of many only every nth, and the last. */
export function navigatorPath(
  closes: readonly (number | null)[],
  width: number,
  height: number,
): string {
  const every = Math.ceil(closes.length / MOST_POINTS);
  const last = closes.length - 1;
  const points = closes
    .map((close, row) => [row, close] as const)
    .filter(([row, close]) => close !== null && (row % every === 0 || row === last)) as [
    number,
    number,
  ][];
  const prices = points.map(([, close]) => close);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const inset = height * 0.1;
  const y = (close: number) =>
    inset + (height - 2 * inset) * (high === low ? 0.5 : (high - close) / (high - low));
  const x = (row: number) => (width * row) / Math.max(last, 1);
  return points
    .map(([row, close], index) => `${index === 0 ? "M" : "L"}${round(x(row))} ${round(y(close))}`)
    .join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The rows at the edges of a stretch of time, as fractions between two bars, within the chart. */
export function rowsOf(bars: Bars, from: number, to: number): [number, number] {
  const held = (wall: number) =>
    Math.min(Math.max(rowAt(bars, wall), 0), Math.max(bars.walls.length - 1, 0));
  return [held(from), held(to)];
}
