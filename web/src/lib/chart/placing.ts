/** The stretch that a chart takes when a hand, the address or another chart asks for one. Pure. */
import { type Bars, instantAt, placeOf } from "../bars/bars";
import type { Stretch } from "../bars/stretch";
import { bounds, wallText } from "../bars/wallTime";
import { barsAfter, within } from "./followMode";

/** Narrower than this many bars shows nothing. */
const NARROWEST_BARS = 4;
/** Of a stretch that another chart or the address asks for. */
const FEWEST_BARS = 2;

export type Walls = [from: string, to: string];

export function isWide({ step }: Bars, from: number, to: number): boolean {
  return to - from >= NARROWEST_BARS * step;
}

/** To the last bit where the hand left it, unless that is beyond the chart. */
export function putByHand(bars: Bars, x: Walls): Walls {
  const wish = bounds(x);
  const held = within(bars, wish);
  return held[0] === wish[0] && held[1] === wish[1] ? x : textOf(held);
}

/** Null of a stretch that would leave the chart empty: it is not for this one. */
export function putAsAsked(bars: Bars, { from, to }: Stretch): Walls | null {
  const place = [placeOf(bars, from), placeOf(bars, to)] as const;
  const count = barsAfter(place[0] - 1, bars) - barsAfter(place[1], bars);
  return count < FEWEST_BARS ? null : textOf(within(bars, place));
}

export function stretchOf(bars: Bars, x: Walls): Stretch {
  const [from, to] = bounds(x);
  return { from: instantAt(bars, from), to: instantAt(bars, to) };
}

function textOf([from, to]: readonly [number, number]): Walls {
  return [wallText(from), wallText(to)];
}
