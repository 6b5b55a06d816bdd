/** The chart as a picture: with a title, and with what the page draws over it drawn into it. */
import { chartColors } from "./chartColors";
import { drawingOf } from "./drawing";
import { priceColor } from "./figureColors";
import { caption } from "./fileText";
import type { ViewMode } from "./followMode";
import { type PageStyle, readPageStyle } from "./pageStyle";
import type { PaneSettings } from "./paneSettings";
import type { Scene } from "./scene";
import type { Figure, ThemeName } from "./types";
import { wallText } from "./wallTime";

export interface Exported {
  symbol: string;
  scene: Scene;
  settings: PaneSettings;
  theme: ThemeName;
}

export const PICTURE = { width: 1280, height: 720 };

export function pictureOf({ symbol, scene, settings, theme }: Exported): Figure {
  const { figure, from, to } = scene;
  const style = readPageStyle(document.documentElement);
  const shown: ViewMode = {
    kind: "frozen",
    x: [wallText(from), wallText(to)],
    y: null,
    newest: to,
  };
  // The scene's figure is on the chosen clock already.
  const looks = {
    settings: { ...settings, zone: "exchange" as const },
    theme,
    hidden: new Set<string>(),
  };
  const { data, layout } = drawingOf(figure, shown, looks, style).dressed;
  const { annotations = [], shapes = [], legend, meta } = figure.layout;
  const panes = annotations.filter(({ name }) => name === "pane");
  const line = { color: priceColor(figure, theme, settings), width: 1, dash: "dot" };
  const last = shapes.filter(({ name }) => name === "last-price").map((one) => ({ ...one, line }));
  return {
    data,
    layout: {
      ...layout,
      ...PICTURE,
      autosize: false,
      showlegend: legend !== undefined,
      legend,
      margin: { ...layout.margin, l: 16, t: 84 },
      title: titled(symbol, caption(meta), style),
      shapes: [...(layout.shapes ?? []), ...last],
      annotations: [...(layout.annotations ?? []), ...panes, signature(theme)],
    },
  };
}

/** Without tags: Plotly writes those as style attributes, which the page's policy refuses. */
function titled(text: string, subtitle: string, { text: color, muted }: PageStyle): object {
  return {
    text: escaped(text),
    subtitle: { text: escaped(subtitle), font: { size: 12, color: muted } },
    x: 0.0125,
    xanchor: "left",
    font: { size: 20, weight: 700, color },
  };
}

/** Whose picture it is, in the corner below the chart. */
function signature(theme: ThemeName): Record<string, unknown> {
  return {
    text: "figcast",
    xref: "paper",
    yref: "paper",
    x: 1,
    y: 0,
    xanchor: "right",
    yanchor: "top",
    yshift: -22,
    showarrow: false,
    font: { size: 11, color: chartColors(theme).muted },
  };
}

/** Plotly's titles understand tags. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
