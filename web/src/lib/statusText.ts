/**
 * Three honest clocks in words: the connection to the server, the age of the data, the market's
 * session. They fail apart from one another, so they are told apart.
 */
import { formatAge } from "./format";
import { countdown, sessionOf, sessionWords } from "./session";
import type { StreamView } from "./streamView";

export type Tone = "good" | "pending" | "warn" | "bad" | "idle";

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

export function connectionChip({ connection }: StreamView): Chip {
  switch (connection) {
    case "connecting":
      return chip(connection, "pending", "Connecting");
    case "live":
      return chip(connection, "good", "Live");
    case "reconnecting":
      return chip(connection, "warn", "Reconnecting");
    case "ended":
      return chip(connection, "idle", "Stream ended");
  }
}

export function dataChip(view: StreamView, now: number): Chip {
  const { connection, figure, status, heardAt, updatedAt } = view;
  if (status?.state === "error") return chip("error", "bad", "Provider error");
  if (status?.state === "busy") return chip("busy", "warn", "Server busy");
  if (status?.state === "stale") {
    const age = status.as_of === null ? "" : ` · ${formatAge(now - Date.parse(status.as_of))}`;
    return chip("stale", "warn", `Stale${age}`, "Data is stale");
  }
  if (figure === null || updatedAt === null || heardAt === null) {
    return connection === "ended"
      ? chip("none", "idle", "No data")
      : chip("waiting", "pending", "Waiting for data");
  }
  // A poll that found nothing new is news too: the price shown is still the price.
  const word = heardAt > updatedAt ? "Checked" : "Updated";
  const tone = connection === "live" ? "good" : "idle";
  return chip("fresh", tone, `${word} ${formatAge(now - heardAt)}`, "Data is fresh");
}

/** Null when nobody has said, which is not the same as closed. */
export function sessionChip({ figure, status }: StreamView, now: number): Chip | null {
  const session = sessionOf(status?.session ?? figure?.layout.meta?.session);
  if (session === null) return null;
  const [tone, label] = sessionWords(session);
  const change = countdown(session, now);
  return chip(session.state, tone, change === null ? label : `${label} · ${change}`, label);
}

/** Milliseconds that a draw takes and that lie between two. */
export interface Pace {
  draw: number | null;
  every: number;
}

/** Something to say only when the chart is not drawn as often as it could be. */
export function drawingChip(paused: boolean, pace: Pace | null): Chip | null {
  if (paused) return chip("paused", "warn", "Paused");
  if (pace === null || pace.every < SLOW_MS) return null;
  return chip("slow", "idle", `Drawn every ${(pace.every / 1_000).toFixed(1)} s`, "");
}
