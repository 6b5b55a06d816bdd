/**
 * How fresh what is on the screen is, from connection, status and time. This one place decides; header,
 * quote line, price label, watchlist and the page's title say what it decides. Pure.
 */
import { formatSpan } from "../text/session";
import type { Tone } from "../text/statusText";
import type { StreamStatus } from "../wire/figure";
import type { StreamView } from "./streamView";

export type FreshnessState =
  | "connecting"
  | "live"
  /** The connection stands, and nothing comes through it. */
  | "silent"
  | "reconnecting"
  | "stale"
  | "error"
  | "busy"
  | "ended";

export interface Freshness {
  state: FreshnessState;
  tone: Tone;
  label: string;
  /** Spoken on a change of state; unlike the label it holds no ticking age. */
  spoken: string;
  /** Whether the price may be taken for the present one. */
  fresh: boolean;
}

/** The server says something of every view at least this often: two of its heartbeats. */
const QUIET_MS = 30_000;
/** In this time a change of the market has come, or a check that found none is told. */
const HEARTBEAT_MS = 15_000;
/** What a word may be late by on its way. */
const SLACK_MS = 5_000;

/** Silence up to this is usual, and beyond it a sign of a server or a connection that hangs. */
export function patience(status: StreamStatus | null): number {
  const { checked, next_check: next } = status ?? {};
  const longest = QUIET_MS + SLACK_MS;
  if (status?.state !== "live" || !checked || !next) return longest;
  const poll = Date.parse(next) - Date.parse(checked);
  // By the server's clock both of them: ours may be wrong.
  return poll > 0 ? Math.min(Math.max(HEARTBEAT_MS, poll) + poll + SLACK_MS, longest) : longest;
}

/** When what has been heard so far stops being enough; null while nothing has been. */
export function freshUntil({ heardAt, status }: StreamView): number | null {
  return heardAt === null ? null : heardAt + patience(status);
}

export function freshness(view: StreamView, now: number): Freshness {
  const { connection, figure, heardAt, status } = view;
  const until = freshUntil(view);
  const isSilent = until !== null && now >= until;
  if (connection === "ended") return aFreshness("ended", "idle", "Stream ended");
  if (status?.state === "busy" && !isSilent) return aFreshness("busy", "warn", "Server busy");
  if (connection === "reconnecting") return aFreshness("reconnecting", "warn", "Reconnecting");
  if (connection === "connecting") {
    // Of a view that is on its way the one before it is shown, which was fresh a moment ago.
    const fresh = figure !== null && !isSilent;
    return { ...aFreshness("connecting", "pending", "Connecting"), fresh };
  }
  if (isSilent) {
    const span = formatSpan(Math.floor((now - (heardAt ?? now)) / 1_000) * 1_000);
    const label = `No word from the server for ${span}`;
    return { ...aFreshness("silent", "warn", label), spoken: "No word from the server" };
  }
  if (status?.state === "error") return aFreshness("error", "bad", "Provider error");
  if (status?.state === "stale") return aFreshness("stale", "warn", "Data is stale");
  return { ...aFreshness("live", "good", "Live"), fresh: true };
}

function aFreshness(state: FreshnessState, tone: Tone, label: string): Freshness {
  return { state, tone, label, spoken: label, fresh: false };
}
