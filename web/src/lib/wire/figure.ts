/**
 * A figure as the server sends it: traces, shapes, labels and axes, as far as Plotly's attributes occur there.
 * The server's own vocabulary, and `layout.meta`, are written from its answers (`wire.gen.ts`).
 */
import type { FigureMeta, Role } from "./wire.gen";

export type Quote = FigureMeta["quote"];

export interface Figure {
  data: readonly Trace[];
  layout: Layout;
}

/** One value per stamp; null is a gap. */
export type Column = readonly (number | null)[];

export type Trace = LineTrace | PriceTrace | ColumnTrace;

interface TraceBase {
  /** `price` and the `forming` bar after it, `volume-up`, and `sma-20-sma` of a study. */
  uid: string;
  name: string;
  /** A spark line has none. */
  x?: readonly string[];
  /** `y2` and so on in a pane below the prices. */
  yaxis?: string;
  legendgroup?: string;
  showlegend: boolean;
  /** What its colour stands for; on the newest bars, where the last price went. */
  meta?: Role;
  hoverinfo?: string;
  hovertemplate?: string;
}

export interface LineTrace extends TraceBase {
  type: "scatter";
  mode: string;
  y: Column;
  /** Without a colour it cannot be seen. */
  line: { color?: string; width: number };
  /** Filled down to the trace before. */
  fill?: "tonexty";
  fillcolor?: string;
}

export interface PriceTrace extends TraceBase {
  type: "candlestick" | "ohlc";
  open: Column;
  high: Column;
  low: Column;
  close: Column;
  increasing: BarStyle;
  decreasing: BarStyle;
  opacity?: number;
}

export interface BarStyle {
  line: { color: string; width: number };
  /** Of candles only. */
  fillcolor?: string;
}

export interface ColumnTrace extends TraceBase {
  type: "bar";
  y: Column;
  marker: { color: string; opacity: number };
  /** In milliseconds. */
  width: number;
}

export interface Layout {
  meta: FigureMeta;
  title?: object;
  template: object;
  /** A zoom belongs to it: it changes with what the chart is of. */
  uirevision: string;
  hovermode: string | false;
  hoversubplots: string;
  legend?: object;
  dragmode: string;
  autosize: boolean;
  margin: { l: number; r: number; t: number; b: number };
  xaxis: TimeAxis;
  yaxis: ValueAxis;
  [pane: PaneName]: ValueAxis;
  shapes?: readonly Shape[];
  annotations?: readonly Label[];
}

/** The y axis of a pane below the prices, `yaxis2` and so on. */
export type PaneName = `yaxis${number}`;

export interface TimeAxis {
  type?: "date";
  anchor?: string;
  rangeselector?: object;
  rangeslider?: object;
  rangebreaks?: readonly RangeBreak[];
  tickformatstops?: readonly { dtickrange: readonly [number, number]; value: string }[];
  visible?: boolean;
}

/** Hours in which nothing is traded. */
export type RangeBreak =
  | Span
  | { pattern: "day of week" | "hour"; bounds: readonly [number, number] }
  | { values: readonly string[]; dvalue: number };

/** From the first hidden to the first shown stamp. */
export interface Span {
  bounds: readonly [from: string, to: string];
}

export interface ValueAxis {
  type?: "linear" | "log";
  domain?: readonly [number, number];
  side?: string;
  tickformat?: string;
  hoverformat?: string;
  /** Of a comparison. */
  ticksuffix?: "%";
  fixedrange?: boolean;
  nticks?: number;
  visible?: boolean;
}

export type Shape = Level | Shade;

/** A line across the chart at a price. */
export interface Level {
  name: "previous-close" | "base" | "last-price";
  type: "line";
  xref: "paper";
  yref: "y";
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  line: { color: string; width: number; dash: string };
}

/** The ground behind the bars of before or after the session. */
export interface Shade {
  name: "pre-market" | "post-market";
  type: "rect";
  layer: "below";
  xref: "x";
  yref: "paper";
  x0: string;
  x1: string;
  y0: number;
  y1: number;
  fillcolor: string;
  line: { width: number };
}

/** Words at a stamp, or at a share of the chart's width. */
export type Label = LabelBase & ({ xref: "x"; x: string } | { xref: "paper"; x: number });

interface LabelBase {
  name: "high" | "low" | "last-price" | "note" | "pane" | "no-bars";
  text: string;
  yref: string;
  y: number;
  showarrow: boolean;
  xanchor?: string;
  yanchor?: string;
  yshift?: number;
  bgcolor?: string;
  font?: { color: string; size: number };
}
