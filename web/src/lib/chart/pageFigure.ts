/**
 * The server's figure dressed for this page: same data, same axes, but the page's font, colours,
 * scale and ranges. What the page draws itself over the chart (title, legend, hover, range buttons,
 * slider, last price) is left out. Works on a copy.
 */
import { barsOf } from "../bars/bars";
import type { Figure, Layout } from "../wire/figure";
import { type ChartColors, chartColors, recolored } from "./colors";
import { type AxisDress, dressAxis, TICK_PX } from "./dressAxis";
import { dressTrace, type TraceDress } from "./dressTrace";
import type { PaneSettings, Scale } from "./paneSettings";

type Attributes = Record<string, unknown>;

export interface Dress extends TraceDress, AxisDress {}

/** Drawn over the chart by the page itself. */
const OWN_MARKS = new Set<unknown>(["last-price", "pane"]);
const AXIS = /^[xy]axis\d*$/;
/** Above the prices stands the line of numbers, below them the time. */
const PADDING = { l: 0, t: 30, b: 40 };
/** Width of a tick's digit, and what stands beside them. */
const [DIGIT_PX, TICK_ROOM_PX] = [6.6, 18];
const NARROWEST_PX = 56;

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
  const placed = (mark: Attributes) => dress.scale === "linear" || hasPlace(mark);
  layout.shapes = kept(rest.shapes).filter(placed);
  layout.annotations = kept(rest.annotations)
    .filter(placed)
    .map((mark) => onScale(mark, dress.scale))
    .concat(scaleNote(figure, dress));
  const data = figure.data.map((trace) => dressTrace(trace, dress));
  return { data, layout };
}

/** Shares in percent cross zero, where a logarithm ends. */
export function scaleOf(figure: Figure, { scale }: PaneSettings): Scale {
  return whyLinear(figure) === null ? scale : "linear";
}

/** Why a figure cannot have a logarithmic axis. */
function whyLinear(figure: Figure): string | null {
  if (figure.layout.yaxis?.ticksuffix === "%") return "percents reach below zero";
  const { close, low } = barsOf(figure);
  const isPlaced = (price: number | null) => price === null || price > 0;
  return (low ?? close).every(isPlaced) ? null : "there are prices at or below zero";
}

/** What the reader has to know who chose a logarithmic axis and has another one. */
function scaleNote(figure: Figure, { settings, scale, style }: Dress): Attributes[] {
  const why = settings.scale === "log" && scale === "linear" ? whyLinear(figure) : null;
  if (why === null) return [];
  const place = { xref: "paper", yref: "y domain", x: 0, y: 0, xanchor: "left", yanchor: "bottom" };
  const font = { color: style.muted, size: TICK_PX };
  return [{ name: "note", text: `Linear: ${why}`, showarrow: false, font, ...place }];
}

function dressMark(mark: Attributes, colors: ChartColors): Attributes {
  const dressed = { ...mark };
  const { fillcolor } = mark as { fillcolor?: string };
  if (fillcolor !== undefined) dressed.fillcolor = recolored(fillcolor, colors);
  for (const part of ["line", "font"]) {
    const { color } = (mark[part] ?? {}) as { color?: string };
    if (color !== undefined) {
      dressed[part] = { ...(mark[part] as Attributes), color: recolored(color, colors) };
    }
  }
  return dressed;
}

/** Whether a logarithmic axis of prices has a place for a mark. */
function hasPlace({ yref, y, y0 }: Attributes): boolean {
  return yref !== "y" || Number(y ?? y0) > 0;
}

/** On a logarithmic axis Plotly places shapes by value but annotations by exponent. */
function onScale(mark: Attributes, scale: Scale): Attributes {
  const priced = scale === "log" && mark.yref === "y" && typeof mark.y === "number";
  return priced ? { ...mark, y: Math.log10(mark.y as number) } : mark;
}

/** Wide enough for the longest price, so that the chart's edge never wanders. */
function rightMargin({ layout }: Figure): number {
  const { quote, instrument } = layout.meta ?? {};
  const whole = Math.trunc(quote?.last ?? 0).toString().length;
  const digits = whole + Math.floor((whole - 1) / 3) + 1 + (instrument?.priceDecimals ?? 2);
  return Math.max(NARROWEST_PX, Math.ceil(digits * DIGIT_PX) + TICK_ROOM_PX);
}
