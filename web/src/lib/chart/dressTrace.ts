/** One trace in the page's colours; its data stay the server's. */
import { isPriced } from "../bars/bars";
import type { BarStyle, Trace } from "../wire/figure";
import type { ColorTable } from "../wire/wire.gen";
import { isHollow, traceColor } from "./colors";
import type { DressedTrace } from "./dressed";
import type { PageStyle } from "./pageStyle";
import type { PaneSettings } from "./paneSettings";

export interface TraceDress {
  style: PageStyle;
  colors: ColorTable;
  settings: PaneSettings;
  isHidden: (trace: Trace) => boolean;
}

/** Opacity of a mountain below its line. */
const MOUNTAIN = 0.28;

export function dressTrace(trace: Trace, dress: TraceDress): DressedTrace {
  const { hovertemplate: _, ...dressed } = colored(trace, dress);
  const shown = { ...dressed, hoverinfo: "none" };
  return dress.isHidden(trace) ? { ...shown, visible: "legendonly" } : shown;
}

function colored(trace: Trace, { style, colors, settings: { palette } }: TraceDress): DressedTrace {
  if (isPriced(trace)) {
    const [rising, falling] = colors.directions[palette];
    const increasing = styled(trace.increasing, rising, isHollow(palette) ? style.surface : rising);
    return { ...trace, increasing, decreasing: styled(trace.decreasing, falling, falling) };
  }
  const color = traceColor(trace, colors, palette);
  if (trace.type === "bar") return { ...trace, marker: { ...trace.marker, color } };
  const line: DressedTrace = { ...trace, line: { ...trace.line, color } };
  if (trace.fill === undefined) return line;
  // The ground of a band.
  if (trace.uid !== "price") return { ...line, fillcolor: colors.roles.veil };
  // The mountain fades towards its foot, which would otherwise end in a hard edge.
  const colorscale = [
    [0, style.fade(color, 0)],
    [1, style.fade(color, MOUNTAIN)],
  ] as const;
  return { ...line, fillgradient: { type: "vertical", colorscale } };
}

function styled(bars: BarStyle, color: string, fillcolor: string): BarStyle {
  const line = { ...bars.line, color };
  return bars.fillcolor === undefined ? { line } : { line, fillcolor };
}
