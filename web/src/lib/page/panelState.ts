/** Decides what fills a chart's box: the chart, its skeleton, or a message. */
import type { Freshness } from "../stream/freshness";
import { hasBars, type StreamView } from "../stream/streamView";
import { sentence } from "../text/sentence";
import type { Tone } from "../text/tone";

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
  /** Usually over before it can be read, and so shown a moment later. */
  passing?: boolean;
}

export type MessageKind = "bad-symbol" | "not-found" | "token" | "provider" | "empty" | "failed";

function message(about: MessageKind, title: string, detail: string): PanelState {
  return { kind: "message", about, title, detail };
}

export function panelState(
  view: StreamView,
  drawn: boolean,
  failure: string | null,
  fresh: Freshness,
): PanelState {
  const { connection, ended, figure, status, symbol } = view;
  if (failure !== null) return message("failed", "No chart", failure);
  if (figure === null) {
    if (connection === "ended") {
      const [title, detail] = ending(view);
      return message(
        ended === "token" ? "token" : "not-found",
        title ?? `No chart for ${symbol}`,
        detail,
      );
    }
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
  const dimmed = view.isFormer || !fresh.fresh;
  return { kind: "chart", dimmed, banner: trouble(view, fresh) };
}

/** Why nothing more comes: with a title, where the reader can do something about it, the way to do it. */
function ending({ ended, reason }: StreamView): [title: string | null, detail: string] {
  const said = `The server says: ${reason}`;
  switch (ended) {
    case "token":
      return ["Not signed in", `Sign in where this page comes from, and try again. ${said}`];
    case "access":
      return [
        "Not allowed",
        `Choose another chart, or ask for this one where you signed in. ${said}`,
      ];
    default:
      return [null, reason ?? "The stream has ended."];
  }
}

/** The chart stays, and says what is wrong. */
function trouble(view: StreamView, { state }: Freshness): Trouble | null {
  const { isFormer, status } = view;
  const said = status?.message ?? null;
  const nextTry = status?.next_check ? Date.parse(status.next_check) : null;
  const shown = isFormer ? "Showing the former chart." : "Showing the last good chart.";
  switch (state) {
    case "ended": {
      const [title, detail] = ending(view);
      const text = title === null ? detail : `${title}. ${detail}`;
      return { tone: "bad", text, nextTry: null };
    }
    case "silent":
      return { tone: "warn", text: `No word from the server. ${shown}`, nextTry: null };
    case "reconnecting":
      return {
        tone: "warn",
        text: `The connection is lost. ${shown}`,
        nextTry: null,
        passing: true,
      };
    case "error": {
      const text = `${sentence(said ?? "The data provider does not answer.")} ${shown}`;
      return { tone: "bad", text, nextTry };
    }
    case "stale":
      return { tone: "warn", text: said ?? "Data is stale.", nextTry };
    case "busy":
      return { tone: "warn", text: said ?? "Server busy.", nextTry };
    case "connecting":
    case "live":
      return isFormer ? ON_ITS_WAY : null;
  }
}

const ON_ITS_WAY: Trouble = {
  tone: "pending",
  text: "Showing the former chart until the chosen one comes.",
  nextTry: null,
  passing: true,
};
