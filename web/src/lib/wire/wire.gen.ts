// Written by `npm run wire` from what the server answers. Do not edit.

export type FeedState = "loading" | "live" | "closed" | "stale" | "error" | "not_found" | "refused" | "forbidden" | "busy";

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

/** The themes of figures. */
export const THEMES = ["dark","light"] as const;
export type ThemeName = (typeof THEMES)[number];

/** Colours of rising and falling. */
export const PALETTES = ["safe","red-green","blue-orange","red-up"] as const;
export type Palette = (typeof PALETTES)[number];

/** What a colour stands for: the `meta` of a trace. */
export const ROLES = ["down","flat","line0","line1","line2","line3","line4","line5","muted","own","up","veil"] as const;
export type Role = (typeof ROLES)[number];

/** The colours of a theme. */
export interface ColorTable {
  roles: Readonly<Record<Role, string>>;
  /** Of rising and of falling bars. */
  directions: Readonly<Record<Palette, readonly [rising: string, falling: string]>>;
  /** What the server's own brand sets around the bars: ground, words, and a font. */
  brand?: Readonly<Record<string, string>>;
}

/** The colours of every theme, until the server says others. */
export const COLORS: Readonly<Record<ThemeName, ColorTable>> = {
  "dark": {
    "roles": {
      "down": "red",
      "flat": "yellow",
      "line0": "#f5c542",
      "line1": "#c792ea",
      "line2": "#4dd0e1",
      "line3": "#ff8a65",
      "line4": "#9ccc65",
      "line5": "#f48fb1",
      "muted": "#8a94a3",
      "own": "#56a8f5",
      "up": "lime",
      "veil": "rgba(138,148,163,0.08)"
    },
    "directions": {
      "blue-orange": [
        "#56a8f5",
        "#f0933c"
      ],
      "red-green": [
        "#2ebd85",
        "#f6465d"
      ],
      "red-up": [
        "#f6465d",
        "#2ebd85"
      ],
      "safe": [
        "#56a8f5",
        "#f0933c"
      ]
    },
    "brand": {}
  },
  "light": {
    "roles": {
      "down": "#c62828",
      "flat": "#8a6100",
      "line0": "#946c00",
      "line1": "#7b3fb8",
      "line2": "#00727f",
      "line3": "#b3471d",
      "line4": "#44741a",
      "line5": "#a8326a",
      "muted": "#5b6675",
      "own": "#1766b8",
      "up": "#1b7a33",
      "veil": "rgba(91,102,117,0.08)"
    },
    "directions": {
      "blue-orange": [
        "#1766b8",
        "#b35309"
      ],
      "red-green": [
        "#14804a",
        "#cf304a"
      ],
      "red-up": [
        "#cf304a",
        "#14804a"
      ],
      "safe": [
        "#1766b8",
        "#b35309"
      ]
    },
    "brand": {}
  }
};

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
