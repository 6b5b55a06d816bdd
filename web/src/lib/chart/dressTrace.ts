/** One trace in the page's colours; its data stay the server's. */

import type { ThemeName, Trace } from "../wire/figure";
import { chartColors, directions, isHollow, recolored, toned } from "./colors";
import { columnColor } from "./figureColors";
import type { PageStyle } from "./pageStyle";
import type { PaneSettings } from "./paneSettings";

type Attributes = Record<string, unknown>;

export interface TraceDress {
  style: PageStyle;
  theme: ThemeName;
  settings: PaneSettings;
  isHidden: (trace: Trace) => boolean;
}

export function dressTrace(trace: Trace, { style, theme, settings, isHidden }: TraceDress): Trace {
  const colors = chartColors(theme);
  const dressed: Trace = { ...trace, hoverinfo: "none" };
  delete dressed.hovertemplate;
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
