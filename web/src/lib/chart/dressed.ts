/** A figure as the page gives it to Plotly: the server's traces, and a layout of the page's own. */
import type { Range } from "../bars/wallTime";
import type { Label, PaneName, Shape, TimeAxis, Trace, ValueAxis } from "../wire/figure";
import type { FigureMeta } from "../wire/wire.gen";

export interface DressedFigure {
  data: readonly DressedTrace[];
  layout: DressedLayout;
}

export type DressedTrace = Trace & {
  /** Put away by the reader. */
  visible?: "legendonly";
  fillgradient?: { type: "vertical"; colorscale: readonly (readonly [number, string])[] };
};

export interface DressedLayout {
  meta: FigureMeta;
  title?: object;
  uirevision: string;
  hovermode: false;
  dragmode: "pan" | false;
  autosize: boolean;
  width?: number;
  height?: number;
  showlegend: false;
  paper_bgcolor: string;
  plot_bgcolor: string;
  font: Font;
  margin: { l: number; r: number; t: number; b: number };
  xaxis: DressedAxis<TimeAxis>;
  yaxis: DressedAxis<ValueAxis>;
  [pane: PaneName]: DressedAxis<ValueAxis>;
  shapes: readonly (Shape | Dot)[];
  annotations: readonly (Label | Words)[];
}

export interface Font {
  size: number;
  color: string;
  family?: string;
  weight?: number;
}

export type DressedAxis<Served> = Served & {
  range?: Range;
  autorange: boolean;
  uirevision: false;
  gridcolor: string;
  linecolor: string;
  zerolinecolor: string;
  tickfont: Font;
  showspikes: false;
  ticklabelstandoff?: number;
  dtick?: string | undefined;
};

/** The newest price of a line, in a picture. */
export interface Dot {
  name: "last-price";
  type: "circle";
  xref: "x";
  yref: "y";
  xsizemode: "pixel";
  ysizemode: "pixel";
  xanchor: string;
  yanchor: number;
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  fillcolor: string;
  line: { width: number };
}

/** Words of the page's own, at a share of the chart's width. */
export interface Words {
  name: string;
  text: string;
  showarrow: false;
  font: Font;
  xref: "paper";
  x: number;
  yref: string;
  y: number;
  xanchor: "left" | "right";
  yanchor: "top" | "middle" | "bottom";
  xshift?: number;
  yshift?: number;
  bgcolor?: string;
  borderpad?: number;
}
