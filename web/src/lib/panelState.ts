/** What fills the chart's box: the chart, its skeleton, or a message. One place decides. */
import type { Tone } from "./statusText";
import { hasBars, type StreamView } from "./streamView";

export type PanelState =
  | { kind: "chart"; dimmed: boolean; banner: Trouble | null }
  | { kind: "loading"; note: string | null }
  | { kind: "message"; about: MessageKind; title: string; detail: string };

/** Trouble while a chart is on the screen. */
export interface Trouble {
  tone: Tone;
  text: string;
  /** When the server asks its source again, by its clock. */
  nextTry: number | null;
}

export type MessageKind = "bad-symbol" | "not-found" | "provider" | "empty" | "failed";

function message(about: MessageKind, title: string, detail: string): PanelState {
  return { kind: "message", about, title, detail };
}

export function panelState(view: StreamView, drawn: boolean, failure: string | null): PanelState {
  const { connection, figure, reason, status, symbol } = view;
  if (failure !== null) return message("failed", "No chart", failure);
  if (figure === null) {
    if (connection === "ended") return message("not-found", `No chart for ${symbol}`, reason ?? "");
    if (status?.state === "error") {
      const detail = status.message ?? "The data provider does not answer.";
      return message("provider", "Waiting for the data provider", detail);
    }
    return { kind: "loading", note: status?.message ?? null };
  }
  if (!hasBars(figure)) {
    return message("empty", "No bars yet", `The chart of ${symbol} begins with its first trade.`);
  }
  if (!drawn) return { kind: "loading", note: null };
  return { kind: "chart", ...over(view) };
}

/** It stays, and says what is wrong. */
function over({ connection, reason, status }: StreamView): {
  dimmed: boolean;
  banner: Trouble | null;
} {
  if (connection === "ended") {
    const text = reason ?? "The stream has ended.";
    return { dimmed: true, banner: { tone: "bad", text, nextTry: null } };
  }
  const nextTry = status?.next_check ? Date.parse(status.next_check) : null;
  const banner = (tone: Tone, text: string): Trouble => ({ tone, text, nextTry });
  switch (status?.state) {
    case "error": {
      const text = status.message ?? "The data provider does not answer.";
      return {
        dimmed: true,
        banner: banner("bad", `${sentence(text)} Showing the last good chart.`),
      };
    }
    case "stale":
      return { dimmed: false, banner: banner("warn", status.message ?? "Data is stale.") };
    case "busy":
      return { dimmed: false, banner: banner("warn", status.message ?? "Server busy.") };
    default:
      return { dimmed: false, banner: null };
  }
}

/** The server's messages end where the next word begins. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
