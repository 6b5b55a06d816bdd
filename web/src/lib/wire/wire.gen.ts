// Written by `npm run wire` from what the server answers. Do not edit.

export type FeedState = "loading" | "live" | "closed" | "stale" | "error" | "not_found" | "refused" | "busy";

export type Resume = "resumed" | "snapshot";

export type SessionState = "pre" | "open" | "lunch" | "post" | "closed";

/** What a market does, until when (RFC 3339), and what then. */
export interface Session {
  state: SessionState;
  until: string | null;
  next: SessionState | null;
}

/** `layout.meta` of a figure. */
export interface FigureMeta {
  instrument: {
    symbol: string;
    name: string | null;
    currency: string | null;
    exchange: string | null;
    zone: string;
    previousClose: number | null;
    priceDecimals: number;
  };
  quote: {
    last: number | null;
    change: number | null;
    changePercent: number | null;
    asOf: string | null;
    seq: number;
  };
  view: string;
  source: string;
  delay: number | null;
  session: Session | null;
  compare?: readonly {
    symbol: string;
    name: string;
    currency: string;
    last: number | null;
    base: number;
    baseAt: string;
  }[];
  omitted?: readonly string[];
  aggregated?: {
    from: string;
    to: string;
  };
}

/** The data of a `status` event. */
export interface StreamStatus {
  as_of: string | null;
  checked: string | null;
  message: string | null;
  next_check: string | null;
  session: Session | null;
  since: string | null;
  state: FeedState;
  symbol: string;
  view: string;
  resume?: Resume;
}

/** What an option of a view is when nothing is said. */
export const DEFAULTS: Readonly<Record<string, string>> = {
  "interval": "1m",
  "range": "1d",
  "session": "regular",
  "chart": "mountain",
  "theme": "dark",
  "palette": "safe",
  "scale": "linear"
};

/** Every study with its usual parameters. */
export const USUAL_STUDIES: Readonly<Record<string, string>> = {
  "sma": "sma:20",
  "ema": "ema:20",
  "wma": "wma:20",
  "bb": "bb:20:2",
  "vwap": "vwap",
  "rsi": "rsi:14",
  "macd": "macd:12:26:9",
  "atr": "atr:14",
  "stoch": "stoch:14:3:3",
  "obv": "obv",
  "volume": "volume"
};
