/**
 * What the server sends, and nothing else: the figure with its `layout.meta`, the status event and
 * the problem document. Only fields the page reads are named.
 */

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

export interface FigureMeta {
  instrument: Instrument;
  quote: Quote;
  /** Canonical key of the view, such as `AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme=dark`. */
  view: string;
  source: string;
  /** Seconds the source lags behind the market, where it says so. */
  delay: number | null;
  session: Session | null;
}

/** What the market does, when that ends (RFC 3339), and what comes then. */
export interface Session {
  state: "pre" | "open" | "lunch" | "post" | "closed";
  until: string | null;
  next: Session["state"] | null;
}

export interface Instrument {
  symbol: string;
  name: string | null;
  currency: string | null;
  exchange: string | null;
  /** IANA name of the exchange's time zone. */
  zone: string | null;
  previousClose: number | null;
  priceDecimals: number | null;
}

export interface Quote {
  last: number | null;
  change: number | null;
  changePercent: number | null;
  /** RFC 3339 with the exchange's offset. */
  asOf: string | null;
  seq: number;
}

export type FeedState = "loading" | "live" | "closed" | "stale" | "error" | "not_found" | "busy";

export interface StreamStatus {
  symbol: string;
  view: string;
  state: FeedState;
  resume?: "resumed" | "snapshot";
  since: string | null;
  message: string | null;
  session: Session | null;
  as_of: string | null;
  checked: string | null;
  next_check: string | null;
}

/** RFC 9457. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
}
