/** The axes in the page's colours, at the ranges that the page has decided on. */
import type { Range } from "../bars/wallTime";
import type { TimeAxis, ValueAxis } from "../wire/figure";
import type { DressedAxis } from "./dressed";
import type { YRanges } from "./followMode";
import type { PageStyle } from "./pageStyle";
import type { Scale } from "./paneSettings";

export interface AxisDress {
  style: PageStyle;
  /** The one chosen, where the prices allow it. */
  scale: Scale;
  x: Range;
  y: YRanges;
}

export const TICK_PX = 11;

/** What all axes have. */
function inked({ grid, muted }: PageStyle) {
  return {
    gridcolor: grid,
    linecolor: grid,
    zerolinecolor: grid,
    tickfont: { size: TICK_PX, color: muted },
    showspikes: false as const,
    // Ranges are told with every figure; Plotly's memory of the reader's would only argue.
    uirevision: false as const,
  };
}

export function dressTimeAxis(axis: TimeAxis, { style, x }: AxisDress): DressedAxis<TimeAxis> {
  const { rangeselector: _, ...rest } = axis;
  return {
    ...rest,
    ...inked(style),
    autorange: false,
    rangeslider: { visible: false },
    range: x,
  };
}

/** An axis of values whose heights are `range`; without one Plotly finds them. */
export function dressValueAxis(
  axis: ValueAxis,
  style: PageStyle,
  range: Range | undefined,
): DressedAxis<ValueAxis> {
  return {
    ...axis,
    ...inked(style),
    // The wheel moves through time only: heights fit what is visible by themselves.
    fixedrange: true,
    side: "right",
    ticklabelstandoff: 4,
    ...(range === undefined ? { autorange: true } : { autorange: false, range }),
  };
}

/** The axis of the prices, which may be logarithmic. */
export function dressPriceAxis(axis: ValueAxis, dress: AxisDress): DressedAxis<ValueAxis> {
  const range = dress.y.yaxis;
  const dressed = dressValueAxis(axis, dress.style, range);
  if (range === undefined || dress.scale === "linear") return { ...dressed, type: "linear" };
  return { ...dressed, type: "log", dtick: logStep(range) };
}

/** Within one decade Plotly's own logarithmic ticks are a heap of single digits. */
function logStep(range: Range): string | undefined {
  const [from, to] = [Number(range[0]), Number(range[1])];
  if (to - from > 1) return undefined;
  const span = (10 ** to - 10 ** from) / 6;
  const size = 10 ** Math.floor(Math.log10(span));
  const step = [1, 2, 5, 10].find((times) => times * size >= span) ?? 10;
  return `L${step * size}`;
}
