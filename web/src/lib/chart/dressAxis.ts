/** One axis in the page's colours, at the range that the page has decided on. */
import type { Range, YRanges } from "./followMode";
import type { PageStyle } from "./pageStyle";
import type { Scale } from "./paneSettings";

type Attributes = Record<string, unknown>;

export interface AxisDress {
  style: PageStyle;
  /** The one chosen, where the prices allow it. */
  scale: Scale;
  x: Range;
  y: YRanges;
}

export const TICK_PX = 11;

/** `key` is the axis' name in the layout: `xaxis`, `yaxis`, `yaxis2`. */
export function dressAxis(key: string, axis: Attributes, dress: AxisDress): Attributes {
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
