// Written by `npm run wire` from what the server answers. Do not edit.

export type FeedState = "loading" | "live" | "closed" | "stale" | "error" | "not_found" | "busy";

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

/** The range that an interval alone brings along. */
export const USUAL_RANGE: Readonly<Record<string, string>> = {
  "1m": "1d",
  "2m": "5d",
  "5m": "5d",
  "15m": "1mo",
  "30m": "1mo",
  "1h": "3mo",
  "1d": "1y",
  "1wk": "5y",
  "1mo": "max"
};

/** The interval that a range alone brings along. */
export const USUAL_INTERVAL: Readonly<Record<string, string>> = {
  "1d": "1m",
  "5d": "5m",
  "1mo": "30m",
  "3mo": "1h",
  "6mo": "1d",
  "ytd": "1d",
  "1y": "1d",
  "2y": "1d",
  "5y": "1wk",
  "max": "1mo"
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
