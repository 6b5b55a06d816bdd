/** The stream as a tab sees it, whether the tab itself or another one holds the connection. */
import type { Figure } from "../wire/figure";
import type { StreamStatus } from "../wire/wire.gen";

export type Connection = "connecting" | "live" | "reconnecting" | "ended";

export type StreamNews =
  | { kind: "connection"; connection: Connection }
  /** `at`: when it was heard, by this machine's clock. A tab may be told of it later. */
  | { kind: "figure"; key: string; figure: Figure; at: number }
  | { kind: "status"; key: string; status: StreamStatus; at: number }
  /** Nothing more comes of this view, for a reason that is a sentence for the reader. */
  | { kind: "ended"; key: string; reason: string; about: Wrong };

/**
 * The cause of a refusal: a symbol that does not exist, a chart that cannot be drawn of it, no token that is believed, or
 * one that does not allow the chart.
 */
export type Wrong = "symbol" | "view" | "token" | "access";

/** What a tab does with a stream, be it its own or another tab's. */
export interface Stream {
  /** Says what is to be shown from now on, by the page's keys. Nothing is no connection. */
  setViews(keys: readonly string[]): void;
  /** Tries again all that has ended, and not `key` alone: a token that was missing is there for the others, too. */
  retry(key: string): void;
  /** After this the stream tells nothing more. */
  dispose(): void;
}
