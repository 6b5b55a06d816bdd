/** The options of the controls, and the effect of each choice on a chart. */
import type { ViewChoice } from "../wire/viewKey";
import { type Offer, type Pair, rangesOf, type StudyKind, type Views } from "../wire/views";
import { DEFAULTS } from "../wire/wire.gen";
import type { ChartChoice } from "./pageChoice";

/** Drawn by the watchlist itself. */
const NOT_A_CHART = "spark";

export const EXTENDED = "extended";

export function offersOf(views: Views | null, option: string): readonly Offer[] {
  const found = views?.options.find(({ name }) => name === option);
  return found?.kind === "choice" ? found.values : [];
}

export function chartOffers(views: Views | null): readonly Offer[] {
  return offersOf(views, "chart").filter(({ value }) => value !== NOT_A_CHART);
}

/** The most entries that a list may have. */
export function mostOf(views: Views | null, option: string): number {
  const found = views?.options.find(({ name }) => name === option);
  return found?.kind === "list" ? found.most : 0;
}

/** The interval and the range that a chart shows: those chosen, else those that the server takes. */
export function pairOf(views: Views, { interval, range }: Partial<ViewChoice>): Pair {
  const { usual } = views;
  const byInterval = views.intervals.find((row) => row.interval === interval)?.usualRange;
  const byRange = views.ranges.find((row) => row.range === range)?.usualInterval;
  return {
    interval: interval ?? byRange ?? usual.interval,
    range: range ?? byInterval ?? usual.range,
  };
}

/** A range brings its own interval along, and shows all of itself. */
export function chooseRange(views: Views, range: string): Partial<ChartChoice> {
  return { ...shortest(views, { range, interval: null }), window: "all" };
}

/** An interval keeps the range where a chart can have both. */
export function chooseInterval(
  views: Views,
  chart: ChartChoice,
  interval: string,
): Partial<ChartChoice> {
  const { range } = pairOf(views, chart);
  const window = interval.endsWith("m") ? chart.window : "all";
  const kept = rangesOf(views, interval).includes(range) ? range : null;
  return { ...shortest(views, { interval, range: kept }), window };
}

/** The same choices as far as the source has them of a chart's symbol; what it has not is left to it. */
export function fitting(views: Views, chart: ChartChoice): ChartChoice {
  const { interval, range } = pairOf(views, chart);
  const session = hasExtended(views, interval) ? chart.session : null;
  if (rangesOf(views, interval).includes(range)) return { ...chart, session };
  return { ...chart, interval: null, range: null, session, window: "all" };
}

/** The same pair, unsaid where it is the usual one. */
function shortest(
  views: Views,
  choice: Pick<ViewChoice, "interval" | "range">,
): Pick<ViewChoice, "interval" | "range"> {
  const { interval, range } = pairOf(views, choice);
  const isUsual = interval === views.usual.interval && range === views.usual.range;
  return isUsual ? { interval: null, range: null } : choice;
}

/** Whether there is trading before and after the regular hours in bars of an interval, or of any. */
export function hasExtended(views: Views, interval?: string): boolean {
  const rows = views.intervals.filter((row) => interval === undefined || row.interval === interval);
  return rows.some(({ sessions }) => sessions.includes(EXTENDED));
}

export function chooseExtended(isOn: boolean): Partial<ChartChoice> {
  return { session: isOn ? EXTENDED : null };
}

export function chooseChart(value: string): Partial<ChartChoice> {
  return { chart: value === DEFAULTS.chart ? null : value };
}

/** The most that a parameter can be beside the other numbers of its study. */
export function mostFor(kind: StudyKind, values: readonly string[], index: number): number {
  const { max = 0, step = 1, below } = kind.parameters[index] ?? {};
  const above = Number(values[kind.parameters.findIndex(({ name }) => name === below)] ?? "");
  return above > 0 ? Math.min(max, above - step) : max;
}

/** A study of a kind with its numbers, `bb` 20 2 is `bb:20:2`. */
export function studyOf(kind: StudyKind, values: readonly string[]): string {
  return [kind.name, ...values].join(":");
}

export function kindOf(views: Views, study: string): StudyKind | undefined {
  const name = study.split(":", 1)[0];
  return views.studies.find((kind) => kind.name === name);
}
