/**
 * The server's figure dressed for this page: same data, same axes, but the page's font, colours,
 * scale and ranges. It leaves out the parts that the page draws over the chart by itself (title, legend, hover,
 * range buttons, slider, last price). Works on a copy.
 */
import { barsOf } from "../bars/bars";
import { paneAxes } from "../bars/paneAxes";
import type { Figure, Label, Layout, Shape } from "../wire/figure";
import type { ColorTable } from "../wire/wire.gen";
import {
  type AxisDress,
  dressPriceAxis,
  dressTimeAxis,
  dressValueAxis,
  TICK_PX,
} from "./dressAxis";
import type { DressedFigure, DressedLayout, Words } from "./dressed";
import { dressTrace, type TraceDress } from "./dressTrace";
import type { PaneSettings, Scale } from "./paneSettings";

export interface Dress extends TraceDress, AxisDress {}

/** Drawn over the chart by the page itself. */
const OWN_MARKS: readonly string[] = ["last-price", "pane"];
/** Above the prices stands the line of numbers, below them the time. */
const PADDING = { l: 0, t: 30, b: 40 };
/** Width of a tick's digit, and what stands beside them. */
const [DIGIT_PX, TICK_ROOM_PX] = [6.6, 18];
const NARROWEST_PX = 56;

export function pageFigure(figure: Figure, dress: Dress): DressedFigure {
  const { style } = dress;
  const { layout: served } = figure;
  const layout: DressedLayout = {
    meta: served.meta,
    uirevision: served.uirevision,
    autosize: true,
    showlegend: false,
    hovermode: false,
    // Not transparent: an exported picture must carry its background with it.
    paper_bgcolor: style.surface,
    plot_bgcolor: style.surface,
    font: { family: style.font, size: TICK_PX, color: style.muted },
    // Set and not found by Plotly, which would draw again and again until all labels fit.
    margin: { ...PADDING, r: rightMargin(served) },
    // One finger on a touch screen scrolls the page.
    dragmode: style.coarse ? false : "pan",
    xaxis: dressTimeAxis(served.xaxis, dress),
    yaxis: dressPriceAxis(served.yaxis, dress),
    shapes: dressShapes(served, dress),
    annotations: [...dressLabels(served, dress), ...scaleNote(figure, dress)],
  };
  for (const [name, axis] of paneAxes(served)) {
    layout[name] = dressValueAxis(axis, style, dress.y[name]);
  }
  return { data: figure.data.map((trace) => dressTrace(trace, dress)), layout };
}

/** Shares in percent cross zero, where a logarithm ends. */
export function scaleOf(figure: Figure, { scale }: PaneSettings): Scale {
  return whyLinear(figure) === null ? scale : "linear";
}

/** Why a figure cannot have a logarithmic axis. */
function whyLinear(figure: Figure): string | null {
  if (figure.layout.yaxis.ticksuffix === "%") return "percents reach below zero";
  const { close, low } = barsOf(figure);
  const isPlaced = (price: number | null) => price === null || price > 0;
  return (low ?? close).every(isPlaced) ? null : "there are prices at or below zero";
}

/** The reason, for a reader who chose a logarithmic axis, why the axis is linear. */
function scaleNote(figure: Figure, { settings, scale, style }: Dress): Words[] {
  const why = settings.scale === "log" && scale === "linear" ? whyLinear(figure) : null;
  if (why === null) return [];
  return [
    {
      name: "note",
      text: `Linear: ${why}`,
      showarrow: false,
      font: { color: style.muted, size: TICK_PX },
      xref: "paper",
      yref: "y domain",
      x: 0,
      y: 0,
      xanchor: "left",
      yanchor: "bottom",
    },
  ];
}

/** On a logarithmic axis a price at or below zero has no place. */
function dressShapes({ shapes = [] }: Layout, { colors, scale }: Dress): Shape[] {
  return shapes
    .filter((shape) => !OWN_MARKS.includes(shape.name))
    .filter(({ yref, y0 }) => scale === "linear" || yref !== "y" || y0 > 0)
    .map((shape) => dressShape(shape, colors));
}

function dressShape(shape: Shape, { roles }: ColorTable): Shape {
  if (shape.type === "rect") return { ...shape, fillcolor: roles.veil };
  return { ...shape, line: { ...shape.line, color: roles.muted } };
}

/** On a logarithmic axis Plotly places shapes by value but annotations by exponent. */
function dressLabels({ annotations = [] }: Layout, { colors, scale }: Dress): Label[] {
  const isPriced = ({ yref }: Label) => scale === "log" && yref === "y";
  return annotations
    .filter((label) => !OWN_MARKS.includes(label.name) && !(isPriced(label) && label.y <= 0))
    .map((label) => (isPriced(label) ? { ...label, y: Math.log10(label.y) } : label))
    .map((label) => dressLabel(label, colors));
}

function dressLabel(label: Label, { roles }: ColorTable): Label {
  const { font } = label;
  return font === undefined ? label : { ...label, font: { ...font, color: roles.muted } };
}

/** Wide enough for the longest price, so that the chart's edge never wanders. */
function rightMargin({ meta: { quote, instrument } }: Layout): number {
  const whole = Math.trunc(quote.last ?? 0).toString().length;
  const digits = whole + Math.floor((whole - 1) / 3) + 1 + instrument.priceDecimals;
  return Math.max(NARROWEST_PX, Math.ceil(digits * DIGIT_PX) + TICK_ROOM_PX);
}
