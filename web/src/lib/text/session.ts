/** The market's session in words: its state, its end, and the state after it. */

import type { Session } from "../wire/wire.gen";
import type { Tone } from "./tone";

/** A session whose times are instants. */
export interface SessionTimes {
  state: string;
  /** When it ends, in milliseconds since the epoch. */
  until: number | null;
  /** What it is then. */
  next: string | null;
}

export function sessionOf(told: Session | null | undefined): SessionTimes | null {
  if (!told) return null;
  const until = told.until === null ? Number.NaN : Date.parse(told.until);
  return { ...told, until: Number.isNaN(until) ? null : until };
}

const FACES: Record<string, [Tone, string]> = {
  open: ["good", "Market open"],
  lunch: ["pending", "Lunch break"],
  pre: ["pending", "Pre-market"],
  post: ["pending", "After hours"],
  closed: ["idle", "Market closed"],
};

const BEGINNINGS: Record<string, string> = {
  open: "opens",
  lunch: "lunch",
  pre: "pre-market",
  post: "closes",
  closed: "closes",
};

export function sessionWords({ state }: SessionTimes): [Tone, string] {
  return FACES[state] ?? ["idle", `Market ${state.replaceAll("_", " ")}`];
}

/** "opens in 14 h 5 min"; null when the server has not said when. */
export function countdown({ state, until, next }: SessionTimes, now: number): string | null {
  if (until === null || until <= now) return null;
  const word = next === null ? undefined : BEGINNINGS[next];
  const change = word ?? (state === "open" ? "closes" : "changes");
  return `${change} in ${formatSpan(until - now)}`;
}

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

/** Two units at most: "2 d 3 h", "14 h 5 min", "5 min", "42 s". */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.ceil(milliseconds / SECOND)} s`;
  const units: [number, string][] = [
    [DAY, "d"],
    [HOUR, "h"],
    [MINUTE, "min"],
  ];
  const first = units.findIndex(([size]) => milliseconds >= size);
  let rest = milliseconds;
  const parts = units.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count} ${unit}`;
  });
  return parts.filter((part) => part !== "").join(" ");
}
