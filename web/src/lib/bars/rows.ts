/**
 * Places on the axis counted in bars, as fractions between two. Nights and weekends take no room on
 * the screen, so a width that stays the same is one in bars and not in hours.
 */
import type { Bars } from "./bars";
import { lowerBound } from "./wallTime";

type Places = Pick<Bars, "walls" | "step">;

/** Before the first bar and after the newest, rows go on at the distance of two bars. */
export function rowAt({ walls, step }: Places, wall: number): number {
  const last = walls.length - 1;
  const [first = 0, newest = first] = [walls[0], walls[last]];
  if (wall <= first) return (wall - first) / step;
  if (wall >= newest) return last + (wall - newest) / step;
  const after = lowerBound(walls, wall);
  const [before, next] = [walls[after - 1] as number, walls[after] as number];
  return after - 1 + (wall - before) / (next - before);
}

/** The other way round. */
export function wallAtRow({ walls, step }: Places, row: number): number {
  const last = walls.length - 1;
  const [first = 0, newest = first] = [walls[0], walls[last]];
  if (row <= 0) return first + row * step;
  if (row >= last) return newest + (row - last) * step;
  const whole = Math.floor(row);
  const [before, next] = [walls[whole] as number, walls[whole + 1] as number];
  return before + (row - whole) * (next - before);
}
