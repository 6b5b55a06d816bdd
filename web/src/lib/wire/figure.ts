/**
 * What the server sends, and nothing else: the figure with its `layout.meta`, the status event and
 * the problem document. What is the server's own vocabulary is written from its answers
 * (`wire.gen.ts`); of Plotly's, only what the page reads is named.
 */
import type { FigureMeta } from "./wire.gen";

export type { FeedState, FigureMeta, StreamStatus } from "./wire.gen";

export type Instrument = FigureMeta["instrument"];

export type Quote = FigureMeta["quote"];

export type ThemeName = "dark" | "light";

export interface Figure {
  data: Trace[];
  layout: Layout;
}

export interface Trace {
  uid?: string;
  x?: readonly string[];
  line?: { color?: string };
  [attribute: string]: unknown;
}

export interface Layout {
  meta?: FigureMeta;
  margin?: Record<string, number | boolean>;
  font?: Record<string, unknown>;
  xaxis?: Record<string, unknown>;
  yaxis?: Record<string, unknown>;
  shapes?: readonly Record<string, unknown>[];
  annotations?: readonly Record<string, unknown>[];
  [attribute: string]: unknown;
}

/** RFC 9457. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
}
