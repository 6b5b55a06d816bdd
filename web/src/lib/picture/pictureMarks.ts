/**
 * What the page draws over a chart, as marks of Plotly's for a picture of it: the numbers of the newest
 * bar, the legend, the last price and the name of the clock. Pure.
 */
import { instantAt } from "../bars/bars";
import { chartColors, directions } from "../chart/colors";
import { priceColor } from "../chart/figureColors";
import { legendOf } from "../chart/legend";
import type { Lettering, PageStyle } from "../chart/pageStyle";
import type { PaneSettings } from "../chart/paneSettings";
import type { Scene } from "../chart/scene";
import { axisZone, barText, priceText, unitOf } from "../text/barText";
import { ARROWS } from "../text/format";
import { lastPrice, legendValues } from "../text/readout";
import type { Figure, Layout, ThemeName } from "../wire/figure";

export type Mark = Record<string, unknown>;

export interface Marked {
  scene: Scene;
  settings: PaneSettings;
  theme: ThemeName;
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
export function barsAndLegend(marked: Marked, lettering: Lettering, width: number): Mark[] {
  const { scene, settings, theme, hidden } = marked;
  const { muted } = lettering.style;
  const { bars, figure } = scene;
  const unit = unitOf(figure.layout.meta?.instrument, figure.layout.yaxis?.ticksuffix);
  const row = bars.walls.length - 1;
  const lines = new Map<string, Word[]>([["yaxis", barWords(marked, lettering.style)]]);
  for (const group of legendOf(figure, theme, settings)) {
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

function barWords({ scene, settings, theme }: Marked, { text: color, muted }: PageStyle): Word[] {
  const { bars, figure } = scene;
  // A line says no more of its newest bar than the label on the axis does.
  if (bars.open === null) return [];
  const unit = unitOf(figure.layout.meta?.instrument, figure.layout.yaxis?.ticksuffix);
  const { prices, change, percent, direction } = barText(bars, bars.walls.length - 1, unit);
  const words = prices.flatMap(([short, , value]) => [
    { text: short, color: muted, begins: true },
    { text: value, color },
  ]);
  if (change === null) return words;
  // Numbers are told apart by their arrow; the safe palette has colours of its own for bars alone.
  const palette = settings.palette === "safe" ? "red-green" : settings.palette;
  const [up, down] = directions(chartColors(theme), palette);
  const share = percent === null ? "" : ` (${percent})`;
  const tone = { up, down, flat: muted }[direction];
  return [...words, { text: `${ARROWS[direction]} ${change}${share}`, color: tone, begins: true }];
}

/** Words side by side in the line above a pane, and in more lines where one is too short. */
function lineAbove(axis: string, words: Word[], { widthOf }: Lettering, width: number): Mark[] {
  let [x, line] = [0, 0];
  return words.map(({ text, color, weight = 450, begins = false }, index) => {
    if (begins && index > 0) x += APART_PX;
    const wide = widthOf(text, weight, TEXT_PX);
    if (x + wide > width) [x, line] = [0, line + 1];
    const mark = {
      ...wording(text, { size: TEXT_PX, color, weight }),
      name: "legend",
      xref: "paper",
      yref: `${axisId(axis)} domain`,
      x: 0,
      y: 1,
      xanchor: "left",
      yanchor: "bottom",
      xshift: x,
      yshift: ABOVE_PX - line * LINE_PX,
    };
    x += wide + GAP_PX;
    return mark;
  });
}

/** The line of the last price, its dot where the chart is a line, and its label on the axis. */
export function lastPriceMarks(
  figure: Figure,
  { yaxis = {} }: Layout,
  { scene, settings, theme }: Marked,
  { onLine }: PageStyle,
): { shapes: Mark[]; annotations: Mark[] } {
  const last = lastPrice(figure);
  const range = yaxis.range as [number, number] | undefined;
  if (last === undefined || range === undefined) return { shapes: [], annotations: [] };
  const color = priceColor(figure, theme, settings);
  const unit = unitOf(figure.layout.meta?.instrument, figure.layout.yaxis?.ticksuffix);
  const height = yaxis.type === "log" ? Math.log10(last) : last;
  const outside = height > range[1] ? 1 : height < range[0] ? 0 : null;
  const arrow = outside === null ? "" : outside === 1 ? "↑" : "↓";
  const label = {
    ...wording(`${arrow}${priceText(last, unit)}`, { size: LABEL_PX, color: onLine, weight: 650 }),
    name: "last-price",
    bgcolor: color,
    borderpad: 3,
    xref: "paper",
    x: 1,
    xanchor: "left",
    xshift: 4,
    yanchor: "middle",
    ...(outside === null ? { yref: "y", y: height } : { yref: "y domain", y: outside }),
  };
  if (outside !== null) return { shapes: [], annotations: [label] };
  const level = {
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

function dot(last: number, color: string, { bars, to }: Scene): Mark[] {
  const stamp = bars.stamps.at(-1);
  if (bars.open !== null || stamp === undefined || (bars.walls.at(-1) ?? 0) > to) return [];
  const around = { x0: -DOT_PX, x1: DOT_PX, y0: -DOT_PX, y1: DOT_PX };
  const place = { xref: "x", yref: "y", xanchor: stamp, yanchor: last };
  const sizes = { xsizemode: "pixel", ysizemode: "pixel" };
  const ink = { fillcolor: color, line: { width: 0 } };
  return [{ name: "last-price", type: "circle", ...place, ...sizes, ...around, ...ink }];
}

/** Of the clock that the time axis shows, in the corner below the prices. */
export function zoneName({ scene, settings }: Marked, { muted: color }: PageStyle): Mark[] {
  const { bars, figure } = scene;
  if (!bars.intraday) return [];
  const exchange = figure.layout.meta?.instrument.zone ?? null;
  const name = axisZone(settings.zone, exchange, instantAt(bars, bars.walls.at(-1) ?? 0));
  const place = { xref: "paper", yref: "paper", x: 1, y: 0, xanchor: "left", yanchor: "top" };
  return [
    { ...wording(name, { size: LABEL_PX, color }), name: "zone", ...place, xshift: 7, yshift: -19 },
  ];
}

/** Plotly's texts understand tags. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function wording(text: string, font: { size: number; color: string; weight?: number }): Mark {
  return { text: escaped(text), showarrow: false, borderpad: 0, font };
}

/** `yaxis2` of the layout is `y2` of what refers to it. */
function axisId(axis: string): string {
  return axis.replace("axis", "");
}
