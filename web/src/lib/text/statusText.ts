/**
 * The chips of a chart's status in words: the connection, the age of the data, the market's session. Each can
 * fail alone, so each is told alone.
 */
import type { Pace } from "../chart/drawGate";
import { type FreshnessState, freshness } from "../stream/freshness";
import type { StreamView } from "../stream/streamView";
import { formatAge } from "./format";
import { intervalLabel } from "./labels";
import { countdown, formatSpan, sessionOf, sessionWords } from "./session";
import type { Tone } from "./tone";

export interface Chip {
  state: string;
  tone: Tone;
  label: string;
  /** Spoken on a change of state; unlike the label it holds no ticking age. */
  spoken: string;
}

/** Drawing this seldom is worth a word: the machine is slow. */
const SLOW_MS = 900;

function chip(state: string, tone: Tone, label: string, spoken = label): Chip {
  return { state, tone, label, spoken };
}

const CONNECTIONS: Record<FreshnessState, [Tone, string]> = {
  connecting: ["pending", "Connecting"],
  live: ["good", "Live"],
  silent: ["warn", "No word from the server"],
  reconnecting: ["warn", "Reconnecting"],
  stale: ["warn", "Data is stale"],
  error: ["bad", "Provider error"],
  busy: ["warn", "Server busy"],
  ended: ["idle", "Stream ended"],
};

export function connectionChip(view: StreamView, now: number): Chip {
  const { state } = freshness(view, now);
  const [tone, words] = CONNECTIONS[state];
  if (state !== "silent" || view.heardAt === null) return chip(state, tone, words);
  const seconds = Math.floor((now - view.heardAt) / 1_000);
  return chip(state, tone, `${words} for ${formatSpan(seconds * 1_000)}`, words);
}

/** The age of what is shown; null where nothing is and nothing will come. */
export function dataChip(view: StreamView, now: number): Chip | null {
  const { connection, figure, status, heardAt, updatedAt } = view;
  if (figure === null || updatedAt === null || heardAt === null) {
    const waits = connection !== "ended" && status?.state !== "error";
    return waits ? chip("waiting", "pending", "Waiting for data") : null;
  }
  const { state, fresh } = freshness(view, now);
  if (state === "stale" || state === "error") {
    // Being told of trouble is no check of the price.
    const asOf = status?.as_of ? Date.parse(status.as_of) : updatedAt;
    return chip("old", "idle", `Data of ${formatAge(now - asOf)}`, "");
  }
  // A poll that found nothing new is news too: the price shown is still the price.
  const age = `${heardAt > updatedAt ? "Checked" : "Updated"} ${formatAge(now - heardAt)}`;
  return fresh ? chip("fresh", "good", age, "Data is fresh") : chip("old", "idle", age, "");
}

/** Null when the server has not said, which is not the same as closed. */
export function sessionChip({ figure, status }: StreamView, now: number): Chip | null {
  const session = sessionOf(status?.session ?? figure?.layout.meta?.session);
  if (session === null) return null;
  const [tone, label] = sessionWords(session);
  const change = countdown(session, now);
  return chip(session.state, tone, change === null ? label : `${label} · ${change}`, label);
}

/** How long the bars are, where they are longer than the ones that were chosen. */
export function barsChip({ figure }: StreamView): Chip | null {
  const longer = figure?.layout.meta?.aggregated;
  if (longer === undefined) return null;
  const [from, to] = [longer.from, longer.to].map(intervalLabel);
  return chip(
    "longer",
    "idle",
    `${longer.from} drawn as ${longer.to}`,
    `Bars of ${from} drawn as bars of ${to}`,
  );
}

/** Something to say only when the chart is not drawn as often as it could be. */
export function drawingChip(paused: boolean, pace: Pace | null): Chip | null {
  if (paused) return chip("paused", "warn", "Paused");
  if (pace === null || pace.every < SLOW_MS) return null;
  return chip("slow", "idle", `Drawn every ${(pace.every / 1_000).toFixed(1)} s`, "");
}
