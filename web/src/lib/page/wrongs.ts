/** The parts of a chart that the server refused. The next chart that the reader goes to is asked for without them. */

import type { Wrong } from "../stream/stream";
import type { StreamView } from "../stream/streamView";
import { type ChartChoice, defaultChart } from "./pageChoice";

export interface Wrongs {
  /** Symbols that the chart is to be compared with and is not, joined by commas. */
  leftOut: string;
  /** Why the server refuses the chart. */
  ended: Wrong | null;
}

export const NOTHING_WRONG: Wrongs = Object.freeze({ leftOut: "", ended: null });

export function wrongsOf(
  { figure, isFormer, ended }: StreamView,
  { compare }: ChartChoice,
): Wrongs {
  const omitted = isFormer ? [] : (figure?.layout.meta?.omitted ?? []);
  return {
    leftOut: compare.filter((symbol) => omitted.includes(symbol)).join(","),
    ended,
  };
}

/** The options may be at fault, whatever the symbol. */
export function isOfOptions({ ended }: Wrongs): boolean {
  return ended === "view" || ended === "access";
}

export function listOf({ leftOut }: Wrongs): string[] {
  return leftOut === "" ? [] : leftOut.split(",");
}

/** A chart of another symbol, with all that was chosen but what was wrong. */
export function withSymbol(chart: ChartChoice, symbol: string, wrongs: Wrongs): ChartChoice {
  const { scale, window } = chart;
  if (isOfOptions(wrongs)) return { ...defaultChart(symbol), scale, window };
  const leftOut = listOf(wrongs);
  // A chart is not compared with itself.
  const compare = chart.compare.filter((other) => other !== symbol && !leftOut.includes(other));
  return { ...chart, symbol, compare };
}
