/**
 * The page's overlays as shapes and annotations of Plotly, for a picture of the chart: the numbers of the newest
 * bar, the legend, the last price and the name of the clock. Pure.
 */
import { instantAt } from "../bars/bars";
import { lastPrice } from "../bars/lastPrice";
import { type AxisName, axisId } from "../bars/paneAxes";
import { priceColor } from "../chart/colors";
import type { Dot, DressedLayout, Font, Words } from "../chart/dressed";
import { legendOf } from "../chart/legend";
import type { Lettering, PageStyle } from "../chart/pageStyle";
import type { PaneSettings } from "../chart/paneSettings";
import type { Scene } from "../chart/scene";
import { axisZone, barText, priceText, unitOf } from "../text/barText";
import { ARROWS } from "../text/format";
import { legendValues } from "../text/readout";
import type { Figure, Level } from "../wire/figure";
import type { ColorTable } from "../wire/wire.gen";

export interface Marked {
  scene: Scene;
  settings: PaneSettings;
  colors: ColorTable;
  /** Legend groups that are put away. */
  hidden: ReadonlySet<string>;
}

interface Word {
  text: string;
  color: string;
  weight?: number;
  /** Stands apart from the word before. */
  begins?: boolean;
}

const [TEXT_PX, LINE_PX] = [12, 18];
const [GAP_PX, APART_PX] = [5, 14];
/** From a pane's top up to the line of words above it. */
const ABOVE_PX = 4;
const LABEL_PX = 11;
const DOT_PX = 4;

/** Above each pane what the page has there: the newest bar in numbers, and the lines that are shown. */
export function barsAndLegend(marked: Marked, lettering: Lettering, width: number): Words[] {
  const { scene, settings, colors, hidden } = marked;
  const { muted } = lettering.style;
  const { bars, figure } = scene;
  const unit = unitOf(figure.layout);
  const row = bars.walls.length - 1;
  const lines = new Map<AxisName, Word[]>([["yaxis", barWords(marked, lettering.style)]]);
  for (const group of legendOf(figure, colors, settings.palette)) {
    if (hidden.has(group.key)) continue;
    const values = legendValues(group, bars, row, unit);
    const words = [
      { text: "—", color: group.color, weight: 900, begins: true },
      { text: group.name, color: muted },
      ...values.map(({ text, color }) => ({ text, color: color ?? muted, weight: 550 })),
    ];
    lines.set(group.axis, [...(lines.get(group.axis) ?? []), ...words]);
  }
  return [...lines].flatMap(([axis, words]) => lineAbove(axis, words, lettering, width));
}

function barWords({ scene, settings, colors }: Marked, { text: color, muted }: PageStyle): Word[] {
  const { bars, figure } = scene;
  // A line says no more of its newest bar than the label on the axis does.
  if (bars.open === null) return [];
  const unit = unitOf(figure.layout);
  const { prices, change, percent, direction } = barText(bars, bars.walls.length - 1, unit);
  const words = prices.flatMap(([short, , value]) => [
    { text: short, color: muted, begins: true },
    { text: value, color },
  ]);
  if (change === null) return words;
  // Numbers are told apart by their arrow; the safe palette has colours of its own for bars alone.
  const palette = settings.palette === "safe" ? "red-green" : settings.palette;
  const [up, down] = colors.directions[palette];
  const share = percent === null ? "" : ` (${percent})`;
  const tone = { up, down, flat: muted }[direction];
  return [...words, { text: `${ARROWS[direction]} ${change}${share}`, color: tone, begins: true }];
}

/** Words side by side in the line above a pane, and in more lines where one is too short. */
function lineAbove(axis: AxisName, words: Word[], { widthOf }: Lettering, width: number): Words[] {
  let [x, line] = [0, 0];
  return words.map(({ text, color, weight = 450, begins = false }, index) => {
    if (begins && index > 0) x += APART_PX;
    const wide = widthOf(text, weight, TEXT_PX);
    if (x + wide > width) [x, line] = [0, line + 1];
    const mark = {
      ...wording("legend", text, { size: TEXT_PX, color, weight }),
      yref: `${axisId(axis)} domain`,
      x: 0,
      y: 1,
      xanchor: "left",
      yanchor: "bottom",
      xshift: x,
      yshift: ABOVE_PX - line * LINE_PX,
    } as const;
    x += wide + GAP_PX;
    return mark;
  });
}

/** The line of the last price, its dot where the chart is a line, and its label on the axis. */
export function lastPriceMarks(
  figure: Figure,
  { yaxis: { range, type } }: DressedLayout,
  { scene, settings, colors }: Marked,
  { onLine }: PageStyle,
): { shapes: (Level | Dot)[]; annotations: Words[] } {
  const last = lastPrice(figure);
  if (last === undefined || range === undefined) return { shapes: [], annotations: [] };
  const color = priceColor(figure, colors, settings.palette);
  const height = type === "log" ? Math.log10(last) : last;
  const outside = height > Number(range[1]) ? 1 : height < Number(range[0]) ? 0 : null;
  const arrow = outside === null ? "" : outside === 1 ? "↑" : "↓";
  const text = `${arrow}${priceText(last, unitOf(figure.layout))}`;
  const label: Words = {
    ...wording("last-price", text, { size: LABEL_PX, color: onLine, weight: 650 }),
    bgcolor: color,
    borderpad: 3,
    x: 1,
    xanchor: "left",
    xshift: 4,
    yanchor: "middle",
    ...(outside === null ? { yref: "y", y: height } : { yref: "y domain", y: outside }),
  };
  if (outside !== null) return { shapes: [], annotations: [label] };
  const level: Level = {
    name: "last-price",
    type: "line",
    xref: "paper",
    yref: "y",
    x0: 0,
    x1: 1,
    y0: last,
    y1: last,
    line: { color, width: 1, dash: "dot" },
  };
  return { shapes: [level, ...dot(last, color, scene)], annotations: [label] };
}

function dot(last: number, color: string, { bars, to }: Scene): Dot[] {
  const stamp = bars.stamps.at(-1);
  if (bars.open !== null || stamp === undefined || (bars.walls.at(-1) ?? 0) > to) return [];
  return [
    {
      name: "last-price",
      type: "circle",
      xref: "x",
      yref: "y",
      xanchor: stamp,
      yanchor: last,
      xsizemode: "pixel",
      ysizemode: "pixel",
      x0: -DOT_PX,
      x1: DOT_PX,
      y0: -DOT_PX,
      y1: DOT_PX,
      fillcolor: color,
      line: { width: 0 },
    },
  ];
}

/** Of the clock that the time axis shows, in the corner below the prices. */
export function zoneMark({ scene, settings }: Marked, { muted: color }: PageStyle): Words[] {
  const { bars, figure } = scene;
  if (!bars.intraday) return [];
  const exchange = figure.layout.meta.instrument.zone;
  const name = axisZone(settings.zone, exchange, instantAt(bars, bars.walls.at(-1) ?? 0));
  return [
    {
      ...wording("zone", name, { size: LABEL_PX, color }),
      yref: "paper",
      x: 1,
      y: 0,
      xanchor: "left",
      yanchor: "top",
      xshift: 18,
      yshift: -4,
    },
  ];
}

/** Plotly's texts understand tags. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function wording(name: string, text: string, font: Font) {
  const base = { name, text: escaped(text), showarrow: false, borderpad: 0, font } as const;
  return { ...base, xref: "paper" as const };
}
