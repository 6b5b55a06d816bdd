/** A stretch of time as an address says it: `from` and `to`, instants to the second. */
import type { Stretch } from "../bars/stretch";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Null of anything but two instants in order: an address comes from outside. */
export function readStretch(from: string | null, to: string | null): Stretch | null {
  const stretch = { from: instantOf(from), to: instantOf(to) };
  return stretch.from < stretch.to ? stretch : null;
}

/** Reads back as the same, or as a stretch that is less than a second longer at either end. */
export function writeStretch({ from, to }: Stretch): [name: string, value: string][] {
  return [
    ["from", textOf(Math.floor(from / 1_000))],
    ["to", textOf(Math.ceil(to / 1_000))],
  ];
}

export function isSameStretch(one: Stretch | null, other: Stretch | null): boolean {
  return one?.from === other?.from && one?.to === other?.to;
}

/** As it reads back. */
export function toTheSecond({ from, to }: Stretch): Stretch {
  return { from: Math.floor(from / 1_000) * 1_000, to: Math.ceil(to / 1_000) * 1_000 };
}

function instantOf(text: string | null): number {
  return text !== null && INSTANT.test(text) ? Date.parse(text) : Number.NaN;
}

function textOf(second: number): string {
  return `${new Date(second * 1_000).toISOString().slice(0, 19)}Z`;
}
