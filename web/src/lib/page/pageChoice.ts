/** All choices of the page, read from its address and written into it. */

import type { Stretch } from "../bars/stretch";
import {
  DEFAULT_SETTINGS,
  type FollowWindow,
  SCALES,
  type Scale,
  WINDOWS,
  ZONES,
  type Zone,
} from "../chart/paneSettings";
import { HERE } from "../wire/server";
import { chartPath, parseSymbol, symbolFromPath } from "../wire/symbol";
import { choiceOf, splitKey, type ViewChoice } from "../wire/viewKey";
import { DEFAULTS, PALETTES, type Palette } from "../wire/wire.gen";
import { readStretch, writeStretch } from "./addressStretch";
import { firstSymbol } from "./popular";
import { THEME_CHOICES, type ThemeChoice } from "./theme";

export interface ChartChoice extends ViewChoice {
  scale: Scale;
  window: FollowWindow;
}

export interface PageChoice {
  /** As many as a grid has places; none when the address holds no symbol. */
  charts: readonly ChartChoice[];
  /** What is wrong with the address, for the reader. */
  problem: string | null;
  /** Where all charts are frozen; null while they follow the newest bars. */
  stretch: Stretch | null;
  palette: Palette;
  zone: Zone;
  /** Null when the address does not say: then it is the reader's own. */
  theme: ThemeChoice | null;
  /** Colours over those of the server, as `colors` of a view. */
  colors: string | null;
  /** In a frame of another site: the charts and nothing around them. */
  embed: boolean;
}

/** Numbers of charts that fill a page evenly. */
export const GRID_SIZES = [1, 2, 4, 6] as const;
export type GridSize = (typeof GRID_SIZES)[number];

/** Longest value of an option that an address is taken to mean. */
const MAX_VALUE = 200;

export function defaultChart(symbol: string): ChartChoice {
  const { scale, window } = DEFAULT_SETTINGS;
  return { ...choiceOf(symbol, () => null), scale, window };
}

export function readAddress(path: string, search: string): PageChoice {
  const query = new URLSearchParams(search);
  const option = (name: string) => bounded(query.get(name));
  const first = symbolFromPath(path, firstSymbol());
  const others = query
    .getAll("with")
    .flatMap(readOther)
    .slice(0, Math.max(...GRID_SIZES) - 1);
  const charts = first.ok ? [readChart(first.symbol, option), ...others] : [];
  const places = GRID_SIZES.findLast((size) => size <= charts.length) ?? 0;
  return {
    charts: charts.slice(0, places),
    problem: first.ok ? null : first.message,
    stretch: readStretch(option("from"), option("to")),
    palette: oneOf(PALETTES, option("palette")) ?? DEFAULT_SETTINGS.palette,
    zone: oneOf(ZONES, option("zone")) ?? DEFAULT_SETTINGS.zone,
    theme: oneOf(THEME_CHOICES, option("theme")) ?? null,
    colors: query.get("colors"),
    embed: option("embed") === "1",
  };
}

/** The shortest address that reads back as the same page. */
export function writeAddress(page: PageChoice): string {
  const { charts, stretch, palette, zone, theme, colors, embed } = page;
  const [first, ...others] = charts;
  if (first === undefined) return `${HERE.base}/`;
  const parts: [string, string][] = [
    ...chartOptions(first),
    ...others.map((chart): [string, string] => [
      "with",
      [chart.symbol, ...chartOptions(chart).map((option) => option.join("="))].join(";"),
    ]),
  ];
  if (stretch !== null) parts.push(...writeStretch(stretch));
  if (palette !== DEFAULT_SETTINGS.palette) parts.push(["palette", palette]);
  if (zone !== DEFAULT_SETTINGS.zone) parts.push(["zone", zone]);
  if (theme !== null) parts.push(["theme", theme]);
  if (colors) parts.push(["colors", colors]);
  if (embed) parts.push(["embed", "1"]);
  const query = parts.map(([name, value]) => `${name}=${readable(value)}`).join("&");
  return `${chartPath(first.symbol)}${query === "" ? "" : `?${query}`}`;
}

/** The same choices for another symbol. What the one is compared with says nothing of the other. */
function alike(chart: ChartChoice, symbol: string): ChartChoice {
  return symbol === chart.symbol ? chart : { ...chart, symbol, compare: [] };
}

/**
 * The page with another number of charts: those there are, then symbols that are not there yet, which take
 * what was chosen for the first.
 */
export function withGridSize(
  page: PageChoice,
  size: GridSize,
  symbols: readonly string[],
): PageChoice {
  const shown = page.charts.map(({ symbol }) => symbol);
  const first = page.charts[0];
  if (first === undefined) return page;
  const fresh = symbols.filter((symbol) => !shown.includes(symbol));
  const charts = [...page.charts, ...fresh.map((symbol) => alike(first, symbol))].slice(0, size);
  while (charts.length < size) charts.push(first);
  return { ...page, charts };
}

/** The page with one chart changed. Other bars of a single chart are shown from their newest on. */
export function withChart(
  page: PageChoice,
  index: number,
  change: Partial<ChartChoice>,
): PageChoice {
  const charts = page.charts.map((chart, at) => (at === index ? { ...chart, ...change } : chart));
  const isOther = TIMES.some((name) => charts[index]?.[name] !== page.charts[index]?.[name]);
  const stretch = isOther && charts.length === 1 ? null : page.stretch;
  return { ...page, charts, stretch };
}

/** What decides when there are bars. */
const TIMES = ["symbol", "interval", "range", "session", "window"] as const;

function readOther(text: string): ChartChoice[] {
  const { symbol: typed, options } = splitKey(text);
  const symbol = parseSymbol(typed);
  if (!symbol.ok) return [];
  const given = new Map(options);
  return [readChart(symbol.symbol, (name) => bounded(given.get(name) ?? null))];
}

function readChart(symbol: string, option: (name: string) => string | null): ChartChoice {
  return {
    ...choiceOf(symbol, option),
    scale: oneOf(SCALES, option("scale")) ?? DEFAULT_SETTINGS.scale,
    window: oneOf(WINDOWS, option("window")) ?? DEFAULT_SETTINGS.window,
  };
}

function chartOptions(chart: ChartChoice): [string, string][] {
  const { scale, window } = DEFAULT_SETTINGS;
  const usualPair = chart.interval === DEFAULTS.interval && chart.range === DEFAULTS.range;
  const options: [string, string | null][] = [
    ["interval", usualPair ? null : chart.interval],
    ["range", usualPair ? null : chart.range],
    ["session", chart.session === DEFAULTS.session ? null : chart.session],
    ["chart", chart.chart === DEFAULTS.chart ? null : chart.chart],
    ["studies", chart.studies.join(",")],
    ["compare", chart.compare.join(",")],
    ["scale", chart.scale === scale ? null : chart.scale],
    ["window", chart.window === window ? null : chart.window],
  ];
  return options.filter((option): option is [string, string] => Boolean(option[1]));
}

/** A query may hold these as they are, and reads better so. */
function readable(value: string): string {
  return encodeURIComponent(value)
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%3B", ";")
    .replaceAll("%3D", "=");
}

function bounded(value: string | null): string | null {
  return value !== null && value.length <= MAX_VALUE ? value : null;
}

function oneOf<T extends string>(values: readonly T[], text: string | null): T | undefined {
  return values.find((value) => value === text);
}
