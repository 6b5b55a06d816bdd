/**
 * The server's figure dressed for this page: same data, same axes, but the page's font, colours,
 * scale and ranges. What the page draws itself over the chart (title, legend, hover, range buttons,
 * slider, last price) is left out. Works on a copy.
 */
import { barsOf } from "./bars";
import {
  type ChartColors,
  chartColors,
  directions,
  isHollow,
  recolored,
  toned,
} from "./chartColors";
import type { Range, YRanges } from "./followMode";
import type { PageStyle } from "./pageStyle";
import type { PaneSettings, Scale } from "./paneSettings";
import type { Figure, Layout, ThemeName, Trace } from "./types";

type Attributes = Record<string, unknown>;

export interface Dress {
  style: PageStyle;
  theme: ThemeName;
  settings: PaneSettings;
  /** The one chosen, where the prices allow it. */
  scale: Scale;
  x: Range;
  y: YRanges;
  isHidden: (trace: Trace) => boolean;
}

/** Drawn over the chart by the page itself. */
const OWN_MARKS = new Set<unknown>(["last-price", "pane"]);
const AXIS = /^[xy]axis\d*$/;
/** Above the prices stands the line of numbers, below them the time. */
const PADDING = { l: 0, t: 30, b: 40 };
/** Width of a tick's digit, and what stands beside them. */
const [DIGIT_PX, TICK_ROOM_PX] = [6.6, 18];
const NARROWEST_PX = 56;
const TICK_PX = 11;

export function pageFigure(figure: Figure, dress: Dress): Figure {
  const { style, theme } = dress;
  const colors = chartColors(theme);
  const {
    title: _,
    legend: __,
    template: ___,
    width: ____,
    height: _____,
    ...rest
  } = figure.layout;
  const layout: Layout = {
    ...rest,
    autosize: true,
    showlegend: false,
    hovermode: false,
    // Not transparent: an exported picture must carry its background with it.
    paper_bgcolor: style.surface,
    plot_bgcolor: style.surface,
    font: { family: style.font, size: TICK_PX, color: style.muted },
    // Set and not found by Plotly, which would draw again and again until all labels fit.
    margin: { ...PADDING, r: rightMargin(figure) },
    // One finger on a touch screen scrolls the page.
    dragmode: style.coarse ? false : "pan",
  };
  for (const key of Object.keys(rest)) {
    if (AXIS.test(key)) layout[key] = dressAxis(key, rest[key] as Attributes, dress);
  }
  const kept = (marks: readonly Attributes[] = []) =>
    marks.filter(({ name }) => !OWN_MARKS.has(name)).map((mark) => dressMark(mark, colors));
  layout.shapes = kept(rest.shapes);
  layout.annotations = kept(rest.annotations).map((mark) => onScale(mark, dress.scale));
  const data = figure.data.map((trace) => dressTrace(trace, colors, dress));
  return { data, layout };
}

/** Shares in percent cross zero, where a logarithm ends. */
export function scaleOf(figure: Figure, { scale }: PaneSettings): Scale {
  const { ticksuffix } = figure.layout.yaxis ?? {};
  return ticksuffix === "%" || barsOf(figure).close.some((price) => (price ?? 1) <= 0)
    ? "linear"
    : scale;
}

/** Colour of the newest price: the line's, or that of the newest bar. */
export function priceColor(figure: Figure, theme: ThemeName, settings: PaneSettings): string {
  const colors = chartColors(theme);
  const bar = figure.data.find(({ uid }) => uid === "forming");
  const price = bar ?? figure.data.find(({ uid }) => uid === "price");
  if (price?.line?.color !== undefined) return toned(price.line.color, colors, settings.palette);
  const [up, down] = directions(colors, settings.palette);
  const of = (column: string) => (price?.[column] as number[] | undefined)?.at(-1) ?? 0;
  return of("close") >= of("open") ? up : down;
}

/** Colour of one line of the chart, as it is drawn. */
export function lineColor(trace: Trace, theme: ThemeName, { palette }: PaneSettings): string {
  const colors = chartColors(theme);
  const marker = trace.marker as { color?: string } | undefined;
  return (
    columnColor(trace, directions(colors, palette)) ??
    recolored(trace.line?.color ?? marker?.color ?? "", colors)
  );
}

/** Volume has the colours of the bars that it belongs to. */
function columnColor({ uid }: Trace, [up, down]: [string, string]): string | undefined {
  return { "volume/up": up, "volume/down": down }[uid ?? ""];
}

function dressTrace(trace: Trace, colors: ChartColors, dress: Dress): Trace {
  const { style, settings, isHidden } = dress;
  const dressed: Trace = { ...trace, hoverinfo: "none" };
  delete dressed.hovertemplate;
  // Plotly looks a trace that has gone up by its uid in a selector, which `sma:20/sma` would break.
  if (trace.uid !== undefined) dressed.uid = trace.uid.replaceAll(/[^\w-]/g, "_");
  if (isHidden(trace)) dressed.visible = "legendonly";
  const [up, down] = directions(colors, settings.palette);
  if (trace.increasing !== undefined) {
    const hollow = isHollow(settings.palette) ? style.surface : up;
    dressed.increasing = direction(trace.increasing as Attributes, up, hollow);
    dressed.decreasing = direction(trace.decreasing as Attributes, down, down);
  }
  if (trace.marker !== undefined) {
    const own = columnColor(trace, [up, down]);
    const marker = trace.marker as Attributes;
    dressed.marker = { ...marker, color: own ?? recolored(String(marker.color), colors) };
  }
  if (trace.line !== undefined) dressed.line = { ...trace.line, color: lineOf(trace) };
  if (typeof trace.fillcolor === "string") dressed.fillcolor = recolored(trace.fillcolor, colors);
  if (trace.uid === "price" && trace.fill === "tonexty") {
    // The mountain fades towards its foot, which would otherwise end in a hard edge.
    const colorscale = [
      [0, style.fade(lineOf(trace), 0)],
      [1, style.fade(lineOf(trace), 0.28)],
    ];
    dressed.fillgradient = { type: "vertical", colorscale };
  }
  return dressed;

  function lineOf({ uid, line }: Trace): string {
    const color = line?.color ?? "rgba(0,0,0,0)";
    return uid === "price" ? toned(color, colors, settings.palette) : recolored(color, colors);
  }
}

function direction(bars: Attributes, color: string, fill: string): Attributes {
  const line = { ...(bars.line as Attributes), color };
  return bars.fillcolor === undefined ? { ...bars, line } : { ...bars, line, fillcolor: fill };
}

function dressMark(mark: Attributes, colors: ChartColors): Attributes {
  const dressed = { ...mark };
  for (const part of ["line", "font"]) {
    const { color } = (mark[part] ?? {}) as { color?: string };
    if (color !== undefined) {
      dressed[part] = { ...(mark[part] as Attributes), color: recolored(color, colors) };
    }
  }
  return dressed;
}

/** On a logarithmic axis Plotly places shapes by value but annotations by exponent. */
function onScale(mark: Attributes, scale: Scale): Attributes {
  const priced = scale === "log" && mark.yref === "y" && typeof mark.y === "number";
  return priced ? { ...mark, y: Math.log10(mark.y as number) } : mark;
}

function dressAxis(key: string, axis: Attributes, dress: Dress): Attributes {
  const { style, scale } = dress;
  const { title: _, rangeselector: __, ...rest } = axis;
  const dressed: Attributes = {
    ...rest,
    gridcolor: style.grid,
    linecolor: style.grid,
    zerolinecolor: style.grid,
    tickfont: { size: TICK_PX, color: style.muted },
    showspikes: false,
    // Ranges are told with every figure; Plotly's memory of the reader's would only argue.
    uirevision: false,
    autorange: false,
  };
  if (key.startsWith("x")) {
    dressed.rangeslider = { visible: false };
    dressed.range = [...dress.x];
    return dressed;
  }
  // The wheel moves through time only: heights fit what is visible by themselves.
  dressed.fixedrange = true;
  dressed.side = "right";
  dressed.ticklabelstandoff = 4;
  const range = dress.y[key];
  if (range === undefined) dressed.autorange = true;
  else dressed.range = [...range];
  if (key === "yaxis") {
    dressed.type = range === undefined ? "linear" : scale;
    if (dressed.type === "log") dressed.dtick = logStep(range as readonly [number, number]);
  }
  return dressed;
}

/** Within one decade Plotly's own logarithmic ticks are a heap of single digits. */
function logStep([from, to]: readonly [number, number]): string | undefined {
  if (to - from > 1) return undefined;
  const span = (10 ** to - 10 ** from) / 6;
  const size = 10 ** Math.floor(Math.log10(span));
  const step = [1, 2, 5, 10].find((times) => times * size >= span) ?? 10;
  return `L${step * size}`;
}

/** Wide enough for the longest price, so that the chart's edge never wanders. */
function rightMargin({ layout }: Figure): number {
  const { quote, instrument } = layout.meta ?? {};
  const whole = Math.trunc(quote?.last ?? 0).toString().length;
  const digits = whole + Math.floor((whole - 1) / 3) + 1 + (instrument?.priceDecimals ?? 2);
  return Math.max(NARROWEST_PX, Math.ceil(digits * DIGIT_PX) + TICK_ROOM_PX);
}
