/** The state of one view on the page, and the change that each event makes. */

import type { Figure, Quote } from "../wire/figure";
import type { FigureMeta, StreamStatus } from "../wire/wire.gen";
import type { Connection, Wrong } from "./stream";

export interface StreamView {
  symbol: string;
  connection: Connection;
  /** Why the stream ended, and what that is about. */
  reason: string | null;
  ended: Wrong | null;
  figure: Figure | null;
  /** The figure is of the view that was shown before: this one's has not come yet. */
  isFormer: boolean;
  /** Facts of the figure, with the newest quote of the symbol that any of the page's views has. */
  meta: FigureMeta | null;
  status: StreamStatus | null;
  /** By this machine's clock: when a figure came, and when figure or status last came. */
  updatedAt: number | null;
  heardAt: number | null;
}

export type StreamEvent =
  | { kind: "connection"; connection: Connection }
  | { kind: "ended"; reason: string; about: Wrong }
  | { kind: "figure"; figure: Figure; at: number }
  | { kind: "quote"; quote: Quote }
  | { kind: "status"; status: StreamStatus; at: number };

export function emptyView(symbol: string): StreamView {
  return {
    symbol,
    connection: "connecting",
    reason: null,
    ended: null,
    figure: null,
    isFormer: false,
    meta: null,
    status: null,
    updatedAt: null,
    heardAt: null,
  };
}

export function nextView(view: StreamView, event: StreamEvent): StreamView {
  switch (event.kind) {
    case "connection": {
      const { connection } = event;
      // A new connection tells its own troubles; those of the old one may be over.
      const status = connection === "live" ? null : view.status;
      return { ...view, connection, reason: null, ended: null, status };
    }
    case "ended":
      return { ...view, connection: "ended", reason: event.reason, ended: event.about };
    case "figure": {
      const { figure, at } = event;
      return { ...view, figure, meta: figure.layout.meta ?? null, updatedAt: at, heardAt: at };
    }
    case "quote":
      return view.meta === null ? view : { ...view, meta: { ...view.meta, quote: event.quote } };
    case "status":
      return { ...view, status: event.status, heardAt: event.at };
  }
}

/** A figure without a single bar: a weekend, a new listing. */
export function hasBars(figure: Figure): boolean {
  return figure.data.some((trace) => (trace.x?.length ?? 0) > 0);
}
