/**
 * The market's session as the server tells it: what it is, until when, and what comes next. A server
 * that tells the state alone is understood too.
 */
import type { Tone } from "./statusText";

export interface Session {
  state: string;
  /** When it ends, in milliseconds since the epoch. */
  until: number | null;
  /** What it is then. */
  next: string | null;
}

export function sessionOf(told: unknown): Session | null {
  if (typeof told === "string") return { state: told, until: null, next: null };
  if (typeof told !== "object" || told === null) return null;
  const { state, until, next, nextChange, nextState } = told as Record<string, unknown>;
  if (typeof state !== "string") return null;
  const after = typeof next === "object" && next !== null ? (next as Record<string, unknown>) : {};
  return {
    state,
    until: instant(until) ?? instant(nextChange) ?? instant(after.at) ?? instant(after.since),
    next: text(next) ?? text(nextState) ?? text(after.state),
  };
}

function instant(value: unknown): number | null {
  if (typeof value !== "string") return null;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? null : parsed;
}

function text(value: unknown): string | null {
  return typeof value === "string" && Number.isNaN(Date.parse(value)) ? value : null;
}

const FACES: Record<string, [Tone, string]> = {
  open: ["good", "Market open"],
  regular: ["good", "Market open"],
  pre: ["pending", "Pre-market"],
  post: ["pending", "After hours"],
  closed: ["idle", "Market closed"],
  holiday: ["idle", "Market holiday"],
  break: ["idle", "Market break"],
};

const BEGINNINGS: Record<string, string> = {
  open: "opens",
  regular: "opens",
  pre: "pre-market",
  post: "closes",
  closed: "closes",
};

export function sessionWords({ state }: Session): [Tone, string] {
  return FACES[state] ?? ["idle", `Market ${state.replaceAll("_", " ")}`];
}

/** "opens in 14 h 5 min"; null when nobody has said when. */
export function countdown({ state, until, next }: Session, now: number): string | null {
  if (until === null || until <= now) return null;
  const word = next === null ? undefined : BEGINNINGS[next];
  const change = word ?? (state === "open" || state === "regular" ? "closes" : "changes");
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
