/**
 * A figure on another clock. Stamps carry their offset, so the instants are known; each is written
 * anew as the other zone's clock reads it. Days stay the exchange's days.
 */
import { isIntraday, type Stamps } from "../bars/wallTime";
import type { Figure, Layout, RangeBreak, Span, Trace } from "../wire/figure";
import type { Zone } from "./paneSettings";

/** Minutes that a zone's clock is ahead of UTC at an instant. */
export type Offset = (instant: number) => number;

const MINUTE = 60_000;
const LONGEST_INSIDE_SESSION = 3;

const LOCAL: Offset = (instant) => -new Date(instant).getTimezoneOffset();

const shifted: Record<"local" | "utc", WeakMap<Figure, Figure>> = {
  local: new WeakMap(),
  utc: new WeakMap(),
};

export function inZone(figure: Figure, zone: Zone): Figure {
  const stamp = figure.data.find((trace) => (trace.x?.length ?? 0) > 0)?.x?.[0];
  if (zone === "exchange" || !isIntraday(stamp)) return figure;
  let known = shifted[zone].get(figure);
  if (known === undefined) {
    known = onClock(figure, zone === "utc" ? () => 0 : LOCAL);
    shifted[zone].set(figure, known);
  }
  return known;
}

export function onClock(figure: Figure, offset: Offset): Figure {
  const write = writer(figure, offset);
  const layout: Layout = { ...figure.layout };
  if (layout.shapes !== undefined) {
    layout.shapes = layout.shapes.map((shape) =>
      shape.xref === "x" ? { ...shape, x0: write(shape.x0), x1: write(shape.x1) } : shape,
    );
  }
  if (layout.annotations !== undefined) {
    layout.annotations = layout.annotations.map((label) =>
      label.xref === "x" ? { ...label, x: write(label.x) } : label,
    );
  }
  const { rangebreaks } = layout.xaxis;
  if (rangebreaks !== undefined) {
    layout.xaxis = { ...layout.xaxis, rangebreaks: shiftBreaks(rangebreaks, figure, write) };
  }
  const data = figure.data.map(
    (trace): Trace => (trace.x === undefined ? trace : { ...trace, x: trace.x.map(write) }),
  );
  return { ...figure, data, layout };
}

/**
 * Writes stamps on the other clock. Where that clock is put back while the market trades, the hour
 * would come twice and the line run backwards: then the offset of the newest bar is taken for all.
 */
function writer({ data }: Figure, offset: Offset): (stamp: string) => string {
  const last = Math.max(...data.map((trace) => Date.parse(trace.x?.at(-1) ?? "") || 0));
  const longest = data.reduce<Stamps>(
    (most, { x = [] }) => (x.length > most.length ? x : most),
    [],
  );
  let before = Number.NEGATIVE_INFINITY;
  const backwards = longest.some((stamp) => {
    const instant = Date.parse(stamp);
    const wall = instant + offset(instant) * MINUTE;
    const back = wall <= before;
    before = wall;
    return back;
  });
  return (stamp) => {
    const instant = Date.parse(stamp);
    return written(instant, offset(backwards ? last : instant));
  };
}

function written(instant: number, minutes: number): string {
  const wall = new Date(instant + minutes * MINUTE).toISOString().slice(0, 19);
  const two = (value: number) => String(Math.trunc(value)).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${wall}${minutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
}

/** Breaks between two stamps move with them; patterns of hours do not, and are listed night by night. */
function shiftBreaks(
  breaks: readonly RangeBreak[],
  { data }: Figure,
  write: (stamp: string) => string,
): Span[] {
  const spans = breaks.filter(isSpan);
  if (spans.length < breaks.length) {
    return nights(data.find(({ uid }) => uid === "price")?.x ?? [], write);
  }
  return spans.map(({ bounds: [from, to] }) => ({ bounds: [write(from), write(to)] }));
}

function isSpan(one: RangeBreak): one is Span {
  return "bounds" in one && !("pattern" in one);
}

/** From one bar's length after the last bar of a day to the first bar of the next. */
function nights(stamps: Stamps, write: (stamp: string) => string): Span[] {
  const instants = stamps.map((stamp) => Date.parse(stamp));
  const gaps = instants.slice(1).map((instant, row) => instant - (instants[row] as number));
  const step = Math.min(...gaps.filter((gap) => gap > 0));
  return gaps.flatMap((gap, row) => {
    const [end, start] = [stamps[row] as string, stamps[row + 1] as string];
    if (gap <= LONGEST_INSIDE_SESSION * step || end.slice(0, 10) === start.slice(0, 10)) return [];
    const close = new Date((instants[row] as number) + step).toISOString();
    return [{ bounds: [write(close), write(start)] }];
  });
}
