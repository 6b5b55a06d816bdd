/** Turns a served figure into the one that Plotly draws: on the chosen clock, at the heights that fit. Pure. */
import { type Bars, barsOf } from "../bars/bars";
import { bounds } from "../bars/wallTime";
import type { Figure, Trace } from "../wire/figure";
import type { Appearance } from "./appearance";
import type { DressedFigure } from "./dressed";
import { type ViewMode, xRange, type YRanges } from "./followMode";
import { groupKey } from "./legend";
import { pageFigure, scaleOf } from "./pageFigure";
import type { PageStyle } from "./pageStyle";
import { fitHeights } from "./yFit";
import { inZone } from "./zoneShift";

export interface Drawing {
  /** The figure on the clock that is shown. */
  figure: Figure;
  bars: Bars;
  /** For Plotly. */
  dressed: DressedFigure;
  y: YRanges;
}

export function drawingOf(
  served: Figure,
  mode: ViewMode,
  { settings, colors, hidden }: Appearance,
  style: PageStyle,
): Drawing {
  const figure = inZone(served, settings.zone);
  const bars = barsOf(figure);
  const scale = scaleOf(figure, settings);
  const isHidden = (trace: Trace) => hidden.has(groupKey(trace));
  const x = xRange(mode, bars);
  const kept = mode.kind === "frozen" ? mode.y : null;
  const y = kept ?? fitHeights(figure.data, figure.layout, bounds(x), { scale, isHidden });
  const dressed = pageFigure(figure, { style, colors, settings, scale, x, y, isHidden });
  return { figure, bars, dressed, y };
}
