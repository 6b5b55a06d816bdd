/** Parts of a figure, with all that the server sends of each. */
import type {
  BarStyle,
  Column,
  ColumnTrace,
  Label,
  Layout,
  Level,
  LineTrace,
  PriceTrace,
  Shade,
} from "../src/lib/wire/figure";
import type { FigureMeta } from "../src/lib/wire/wire.gen";

export function aMeta(changes: Partial<FigureMeta> = {}): FigureMeta {
  return {
    instrument: {
      symbol: "AAPL",
      name: "Apple Inc.",
      currency: "USD",
      exchange: "NASDAQ",
      zone: "America/New_York",
      previousClose: 230,
      priceDecimals: 2,
    },
    quote: {
      last: 232.3,
      change: 2.3,
      changePercent: 1,
      asOf: "2026-08-31T14:03:21-04:00",
    },
    view: "AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme=dark",
    source: "sim",
    delay: null,
    session: { state: "open", until: null, next: null },
    ...changes,
  };
}

export function aLine(
  uid: string,
  x: readonly string[],
  y: Column,
  more: Partial<LineTrace> = {},
): LineTrace {
  const line = { width: 1.4 };
  return { uid, name: uid, x, showlegend: false, type: "scatter", mode: "lines", y, line, ...more };
}

export type Prices = Record<"open" | "high" | "low" | "close", Column>;

const style = (color: string, fillcolor: string): BarStyle => ({
  line: { color, width: 1.2 },
  fillcolor,
});

export function candles(
  uid: "price" | "forming",
  x: readonly string[],
  prices: Prices,
  more: Partial<PriceTrace> = {},
): PriceTrace {
  return {
    uid,
    name: "AAPL",
    x,
    showlegend: false,
    type: "candlestick",
    ...prices,
    increasing: style("#56a8f5", "#0f1318"),
    decreasing: style("#f0933c", "#f0933c"),
    ...more,
  };
}

export function columns(
  uid: string,
  x: readonly string[],
  y: Column,
  more: Partial<ColumnTrace> = {},
): ColumnTrace {
  const marker = { color: "#8a94a3", opacity: 0.6 };
  const width = 42_000;
  return { uid, name: uid, x, showlegend: false, type: "bar", y, marker, width, ...more };
}

export function aLayout(changes: Partial<Layout> = {}): Layout {
  return {
    meta: aMeta(),
    template: {},
    uirevision: "AAPL|1m|1d|open",
    hovermode: "x unified",
    hoversubplots: "axis",
    dragmode: "pan",
    autosize: true,
    margin: { l: 12, r: 64, t: 72, b: 32 },
    xaxis: { type: "date" },
    yaxis: {},
    ...changes,
  };
}

export function aLevel(name: Level["name"], price: number): Level {
  const line = { color: "#8a94a3", width: 1, dash: "dot" };
  const ends = { x0: 0, x1: 1, y0: price, y1: price };
  return { name, type: "line", xref: "paper", yref: "y", ...ends, line };
}

export function aShade(name: Shade["name"], x0: string, x1: string): Shade {
  const ground = { fillcolor: "rgba(138,148,163,0.08)", line: { width: 0 } };
  const place = { xref: "x", yref: "paper", x0, x1, y0: 0, y1: 1 } as const;
  return { name, type: "rect", layer: "below", ...place, ...ground };
}

export function aLabel(name: Label["name"], place: LabelPlace): Label {
  return {
    name,
    text: name,
    showarrow: false,
    font: { color: "#8a94a3", size: 11 },
    ...place,
  };
}

/** At a stamp, or at a share of the width. */
export type LabelPlace = { yref: string; y: number } & (
  | { xref: "x"; x: string }
  | { xref: "paper"; x: number }
);
