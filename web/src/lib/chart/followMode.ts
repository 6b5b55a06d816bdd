/**
 * The mode of a chart: the newest bars or the reader's hand decide which stretch of time is shown. Following,
 * the window slides with every bar. Frozen, its ranges stay as they are to the last bit, in both directions. A
 * hand that leaves the newest bar in sight sets the width and goes on following; a hand that goes back freezes.
 * Pure: the chart gives it events and draws the mode that results.
 */
import { type Bars, instantAt, placeOf } from "../bars/bars";
import type { AxisName } from "../bars/paneAxes";
import { rowAt, wallAtRow } from "../bars/rows";
import { bounds, lowerBound, type Range, wallText } from "../bars/wallTime";
import type { FollowWindow } from "./paneSettings";

/** Ranges of y axes. */
export type YRanges = Readonly<Partial<Record<AxisName, Range>>>;

/** How much of the chart's end a hand has left in sight. */
export interface OwnWidth {
  /** Bars before the newest, which may be cut at the edge; without end where the first one is seen. */
  bars: number;
  /** Milliseconds beyond the newest bar. */
  room: number;
}

export type ViewMode =
  /** `width` is the reader's own, in place of the window's. */
  | { kind: "follow"; window: FollowWindow; width: OwnWidth | null }
  | {
      kind: "frozen";
      x: Range;
      /** Null until the next draw has fitted what is visible. */
      y: YRanges | null;
      /** The newest bar when the chart was frozen, by its place on the axis. */
      newest: number;
    };

export type ModeEvent =
  | { kind: "live"; window: FollowWindow }
  /** By a hand, a key or an address; `window` is the one to go back to. */
  | { kind: "moved"; x: Range; bars: Bars; window: FollowWindow }
  /** The heights of the frozen stretch have to be found anew: another scale, another study. */
  | { kind: "refit" }
  | { kind: "fitted"; y: YRanges }
  /** The same bars on another clock. */
  | { kind: "clock"; was: Bars; is: Bars };

export function nextMode(mode: ViewMode, event: ModeEvent): ViewMode {
  switch (event.kind) {
    case "live":
      return { kind: "follow", window: event.window, width: null };
    case "moved":
      return moved(mode, event);
    case "refit":
      return mode.kind === "frozen" ? { ...mode, y: null } : mode;
    case "fitted":
      return mode.kind === "frozen" && mode.y === null ? { ...mode, y: event.y } : mode;
    case "clock":
      return mode.kind === "frozen" ? onOtherClock(mode, event.was, event.is) : mode;
  }
}

function moved(mode: ViewMode, { x, bars, window }: ModeEvent & { kind: "moved" }): ViewMode {
  const [from, to] = bounds(x);
  const last = bars.walls.at(-1) ?? 0;
  if (from < last && last <= to) {
    // The next bar has room as well; what that takes is taken from the other end.
    const room = Math.max(to - last, bars.step);
    const [first, end] = [rowAt(bars, from), rowAt(bars, to)];
    const isWhole = first <= FIRST_ROW;
    const count = isWhole ? Number.POSITIVE_INFINITY : end - first - room / bars.step;
    return { kind: "follow", window, width: { bars: count, room } };
  }
  // Moved again, the count of new bars goes on from the first time.
  const newest = mode.kind === "frozen" ? mode.newest : last;
  return { kind: "frozen", x, y: null, newest };
}

function onOtherClock(mode: ViewMode & { kind: "frozen" }, was: Bars, is: Bars): ViewMode {
  const moved = (wall: number) => placeOf(is, instantAt(was, wall));
  const [from, to] = bounds(mode.x);
  return { ...mode, x: [wallText(moved(from)), wallText(moved(to))], newest: moved(mode.newest) };
}

/** Bars that have begun since the chart was frozen. */
export function newBars(mode: ViewMode, bars: Bars): number {
  return mode.kind === "follow" ? 0 : barsAfter(mode.newest, bars);
}

/** Bars that begin after a place on the axis. */
export function barsAfter(wall: number, { walls }: Bars): number {
  return walls.length - lowerBound(walls, wall + 1);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MINUTES: Partial<Record<FollowWindow, number>> = { "15m": 15, "45m": 45, "3h": 180 };
/** Share of a whole chart's width that stays free beyond its newest bar. */
const HEADROOM = 0.015;

/** The windows that show at least two bars of this length, so none but `all` for days. */
export function windowsFor({ intraday, step }: Bars): FollowWindow[] {
  if (!intraday) return ["all"];
  const short = (Object.entries(MINUTES) as [FollowWindow, number][])
    .filter(([, minutes]) => minutes * MINUTE >= 2 * step)
    .map(([window]) => window);
  const hour: FollowWindow[] = step * 2 <= HOUR ? ["htd"] : [];
  return [...short.slice(0, -1), ...hour, ...short.slice(-1), "all"];
}

/** From where to where a followed window reaches: to the newest bar and the room for the next one. */
export function followed({ walls, step, intraday }: Bars, window: FollowWindow): [number, number] {
  const first = walls[0] ?? 0;
  const last = walls.at(-1) ?? first;
  const minutes = MINUTES[window];
  if (intraday && minutes !== undefined) {
    // Counted in bars, so that a night between them takes nothing away.
    const bars = Math.max(1, Math.round((minutes * MINUTE) / step));
    return [walls[Math.max(0, walls.length - bars)] ?? first, last + step];
  }
  if (intraday && window === "htd") return [Math.floor(last / HOUR) * HOUR, last + step];
  const room = Math.max(step, Math.round((walls.length * step * HEADROOM) / step) * step);
  return [first - step / 2, last + room];
}

export function xRange(mode: ViewMode, bars: Bars): Range {
  if (mode.kind === "frozen") return mode.x;
  const [from, to] = mode.width === null ? followed(bars, mode.window) : slid(bars, mode.width);
  return [wallText(from), wallText(to)];
}

/** The newest bars at the reader's own width. */
function slid(bars: Bars, { bars: count, room }: OwnWidth): [number, number] {
  const row = Math.max(bars.walls.length - 1 - count, FIRST_ROW);
  return [wallAtRow(bars, row), (bars.walls.at(-1) ?? 0) + room];
}

/** The edge of a whole chart: half a bar before its first one. */
const FIRST_ROW = -0.5;

/**
 * A stretch that reaches beyond the chart, moved back by as many bars as it is too far: to the first
 * bar, or to the room after the newest. One within it stays as it is.
 */
export function within(bars: Bars, [from, to]: readonly [number, number]): [number, number] {
  const [start, end] = followed(bars, "all");
  if (from >= start && to <= end) return [from, to];
  const [first, last] = [rowAt(bars, from), rowAt(bars, to)];
  const lastRow = rowAt(bars, end);
  const length = Math.min(last - first, lastRow - FIRST_ROW);
  const row = Math.min(Math.max(first, FIRST_ROW), lastRow - length);
  return [wallAtRow(bars, row), wallAtRow(bars, row + length)];
}
