/**
 * A figure read back as bars: what the page measures, speaks, lists and exports. Traces are known by
 * their `uid`: `price` and the `forming` bar after it, `volume-up`, and `sma-20-sma` of a study.
 */
import type { Column, Figure, PriceTrace, Trace } from "../wire/figure";
import { isIntraday, lowerBound, nearest, wallsOf } from "./wallTime";
import { zoneOffset } from "./zoneOffset";

/** One line of a study, or of a compared symbol. */
export interface Line {
  uid: string;
  name: string;
  values: Column;
}

export interface Bars {
  stamps: readonly string[];
  walls: readonly number[];
  instants: readonly number[];
  /** Null of a chart that is a line. */
  open: Column | null;
  high: Column | null;
  low: Column | null;
  close: Column;
  volume: Column | null;
  lines: readonly Line[];
  intraday: boolean;
  /** The exchange's, whose dates the bars of days and longer stand at. */
  zone: string;
  /** The shortest distance of two bars, in milliseconds. */
  step: number;
}

const MINUTE = 60_000;
const NOT_LINES = new Set(["baseline", "price", "forming", "volume-up", "volume-down"]);

const known = new WeakMap<Figure, Bars>();

export function barsOf(figure: Figure): Bars {
  let bars = known.get(figure);
  if (bars === undefined) {
    bars = read(figure);
    known.set(figure, bars);
  }
  return bars;
}

function read({ data, layout }: Figure): Bars {
  const of = (uid: string) => data.find((trace) => trace.uid === uid);
  const parts = [of("price"), of("forming")].filter((part) => part !== undefined);
  const prices = parts.filter(isPriced);
  const column = (name: "open" | "high" | "low" | "close") =>
    prices.length === 0 ? null : prices.flatMap((part) => part[name].slice(emptyRows(part)));
  const stamps = parts.flatMap((part) => part.x?.slice(emptyRows(part)) ?? []);
  const walls = parts.flatMap((part) => wallsOf(part.x ?? []).slice(emptyRows(part)));
  // Under one point of a line, the foot is as wide as a bar.
  const foot = stamps.length === 1 ? of("baseline") : undefined;
  const spaced = foot === undefined ? parts : [foot];
  const rows = new Map(stamps.map((stamp, row) => [stamp, row]));
  const spread = (traces: readonly Trace[]): Column => {
    const values = Array<number | null>(stamps.length).fill(null);
    for (const trace of traces) {
      trace.x?.forEach((stamp, index) => {
        const row = rows.get(stamp);
        if (row !== undefined) values[row] = valuesOf(trace)[index] ?? null;
      });
    }
    return values;
  };
  const volumes = data.filter((trace) => trace.uid.startsWith("volume-"));
  const others = data.filter((trace) => !NOT_LINES.has(trace.uid) && !isPriced(trace));
  return {
    stamps,
    walls,
    instants: stamps.map((stamp) => Date.parse(stamp)),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: parts.flatMap((part) => valuesOf(part).slice(emptyRows(part))),
    volume: volumes.length === 0 ? null : spread(volumes),
    lines: others.map((trace) => ({ uid: trace.uid, name: trace.name, values: spread([trace]) })),
    intraday: isIntraday(stamps[0]),
    zone: layout.meta.instrument.zone,
    step: shortestStep(spaced.flatMap((part) => wallsOf(part.x ?? []))),
  };
}

export function isPriced(trace: Trace): trace is PriceTrace {
  return trace.type === "candlestick" || trace.type === "ohlc";
}

/** Of a bar its close, and of a line its points. */
export function valuesOf(trace: Trace): Column {
  return isPriced(trace) ? trace.close : trace.y;
}

/**
 * Empty rows before the bars of a trace: where bars do not tell Plotly how long they are, one alone or each
 * far from the next, the row before the first is there and has no price.
 */
function emptyRows(trace: Trace): number {
  return isPriced(trace) && trace.close[0] === null ? 1 : 0;
}

function shortestStep(walls: readonly number[]): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let row = 1; row < walls.length; row += 1) {
    const step = (walls[row] as number) - (walls[row - 1] as number);
    if (step > 0 && step < shortest) shortest = step;
  }
  return Number.isFinite(shortest) ? shortest : MINUTE;
}

/** The instant at a place of the axis, by the offset of the bar nearest to it. */
export function instantAt({ walls, instants, intraday, zone }: Bars, wall: number): number {
  if (!intraday) return wall - zoneOffset(zone, wall - zoneOffset(zone, wall));
  return wall + difference(walls, instants, wall);
}

/** The place of an instant on the axis. */
export function placeOf({ walls, instants, intraday, zone }: Bars, instant: number): number {
  if (!intraday) return instant + zoneOffset(zone, instant);
  return instant + difference(instants, walls, instant);
}

/**
 * The bar that goes with one of another chart, which lasts from one instant to another: the bar in which
 * that one begins; where none is traded then, the first that begins within it; else the last before it.
 * -1 of a time before all bars.
 */
export function rowDuring(bars: Bars, from: number, until: number): number {
  const { walls, step } = bars;
  const place = placeOf(bars, from);
  const row = lowerBound(walls, place + 1) - 1;
  const isIn = row >= 0 && place < (walls[row] as number) + step;
  const next = walls[row + 1];
  return !isIn && next !== undefined && next < placeOf(bars, until) ? row + 1 : row;
}

function difference(from: readonly number[], to: readonly number[], value: number): number {
  const row = nearest(from, value);
  return row < 0 ? 0 : (to[row] as number) - (from[row] as number);
}
