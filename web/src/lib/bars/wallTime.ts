/**
 * The time axis runs on wall time: what the clock of the shown zone reads, counted in milliseconds
 * as if that clock stood in Greenwich. Plotly reads stamps this way and ignores their offsets;
 * instants come from the same stamps with their offsets.
 */

export type Stamps = readonly string[];

/** Length of `2026-08-31T09:30:00`. */
const TO_THE_SECOND = 19;
const DATE_ONLY = 10;

/** Of a stamp of the server's, with or without an offset, or of a bound of a range, as Plotly writes it. */
export function wallOf(stamp: string): number {
  if (stamp.length <= DATE_ONLY) return Date.parse(stamp);
  const offset = /(?:Z|[+-]\d\d:\d\d)$/.exec(stamp)?.index ?? stamp.length;
  return Date.parse(`${stamp.slice(0, offset).replace(" ", "T")}Z`);
}

export function wallText(wall: number): string {
  return new Date(wall).toISOString().slice(0, -1);
}

export function isIntraday(stamp: string | undefined): boolean {
  return stamp !== undefined && stamp.length > DATE_ONLY;
}

/** Bounds of an axis as Plotly takes and gives them. */
export type Range = readonly [string, string] | readonly [number, number];

/** The places of a range of time. */
export function bounds([from, to]: Range): [number, number] {
  return [wallOf(String(from)), wallOf(String(to))];
}

const walls = new WeakMap<Stamps, readonly number[]>();

/** The places of all stamps of a trace; worked out once per array, since every draw asks for them. */
export function wallsOf(stamps: Stamps): readonly number[] {
  let known = walls.get(stamps);
  if (known === undefined) {
    known = stamps.map((stamp) =>
      stamp.length > TO_THE_SECOND
        ? Date.parse(`${stamp.slice(0, TO_THE_SECOND)}Z`)
        : wallOf(stamp),
    );
    walls.set(stamps, known);
  }
  return known;
}

/** Index of the first element that is not below `value`; the length if all are. */
export function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the element nearest to `value`; -1 of none. */
export function nearest(sorted: readonly number[], value: number): number {
  const after = lowerBound(sorted, value);
  if (after === 0) return sorted.length === 0 ? -1 : 0;
  if (after === sorted.length) return after - 1;
  const [before, next] = [sorted[after - 1] as number, sorted[after] as number];
  return value - before <= next - value ? after - 1 : after;
}
