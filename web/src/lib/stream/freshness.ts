/**
 * The freshness of a view, from connection, status and time. It is decided here alone; header, quote line, price
 * label, watchlist and the page's title show it. Pure.
 */
import type { StreamStatus } from "../wire/wire.gen";
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
  const state = stateOf(view, now);
  // While a view is on its way the page shows the one before it, which was fresh a moment ago.
  const isFormerFresh = state === "connecting" && view.figure !== null && !isSilent(view, now);
  return { state, fresh: state === "live" || isFormerFresh };
}

function stateOf(view: StreamView, now: number): FreshnessState {
  const { connection, status } = view;
  if (connection === "ended") return "ended";
  if (status?.state === "busy" && !isSilent(view, now)) return "busy";
  if (connection !== "live") return connection;
  if (isSilent(view, now)) return "silent";
  return status?.state === "error" || status?.state === "stale" ? status.state : "live";
}

function isSilent(view: StreamView, now: number): boolean {
  const until = freshUntil(view);
  return until !== null && now >= until;
}
