/** The chart as a picture: the stretch on the screen, with a title instead of the page around it. */
import { drawingOf } from "../chart/drawing";
import type { DressedFigure, Words } from "../chart/dressed";
import type { Lettering, PageStyle } from "../chart/pageStyle";
import { caption } from "./fileText";
import { barsAndLegend, escaped, lastPriceMarks, type Marked, zoneMark } from "./pictureMarks";

export interface Exported extends Marked {
  symbol: string;
}

export interface Size {
  width: number;
  height: number;
}

export const PICTURE: Size = { width: 1280, height: 720 };

/** Around the chart: its title stands above, its prices on the right. */
const MARGIN = { left: 16, top: 100 };
/** From the picture's top to the middle of the title. */
const TITLE_PX = 28;

export function pictureOf(exported: Exported, lettering: Lettering, size = PICTURE): DressedFigure {
  const { symbol, scene, settings, colors, hidden } = exported;
  const { style } = lettering;
  // The scene's figure is on the chosen clock already.
  const appearance = { settings: { ...settings, zone: "exchange" as const }, colors, hidden };
  const { dressed, figure } = drawingOf(scene.figure, scene.mode, appearance, style);
  const { data, layout } = dressed;
  const margin = { ...layout.margin, l: MARGIN.left, t: MARGIN.top };
  const marks = lastPriceMarks(figure, layout, exported, style);
  return {
    // Not only put away: Plotly would keep a place for them.
    data: data.filter(({ visible }) => visible !== "legendonly"),
    layout: {
      ...layout,
      ...size,
      autosize: false,
      margin,
      title: titled(symbol, caption(figure.layout.meta), style, size),
      shapes: [...layout.shapes, ...marks.shapes],
      annotations: [
        ...layout.annotations,
        ...barsAndLegend(exported, lettering, size.width - MARGIN.left - margin.r),
        ...marks.annotations,
        ...zoneMark(exported, style),
        signature(style, margin.r),
      ],
    },
  };
}

/** Without tags: Plotly writes those as style attributes, which the page's policy refuses. */
function titled(text: string, subtitle: string, style: PageStyle, { width, height }: Size): object {
  return {
    text: escaped(text),
    subtitle: { text: escaped(subtitle), font: { size: 12, color: style.muted } },
    x: MARGIN.left / width,
    xanchor: "left",
    y: 1 - TITLE_PX / height,
    yanchor: "middle",
    font: { size: 20, weight: 700, color: style.text },
  };
}

/** Whose picture it is: in the title's row, where nothing of the chart is. */
function signature({ muted }: PageStyle, right: number): Words {
  return {
    name: "signature",
    text: "figcast",
    xref: "paper",
    yref: "paper",
    x: 1,
    y: 1,
    xanchor: "right",
    yanchor: "middle",
    xshift: right - MARGIN.left,
    yshift: MARGIN.top - TITLE_PX,
    showarrow: false,
    font: { size: 12, weight: 600, color: muted },
  };
}
