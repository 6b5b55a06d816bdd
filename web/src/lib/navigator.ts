/** The whole chart in little. Its bars stand at equal distances, so closed hours take no room. */
import type { Bars } from "./bars";
import { lowerBound } from "./wallTime";

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
export function rowsOf({ walls }: Bars, from: number, to: number): [number, number] {
  return [rowAt(walls, from), rowAt(walls, to)];
}

function rowAt(walls: readonly number[], wall: number): number {
  const after = lowerBound(walls, wall);
  if (after === 0) return 0;
  if (after === walls.length) return walls.length - 1;
  const [before, next] = [walls[after - 1] as number, walls[after] as number];
  return after - 1 + (wall - before) / (next - before);
}
