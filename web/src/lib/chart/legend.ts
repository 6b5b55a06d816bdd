/** The lines of a chart in groups: a study with all its lines, or a compared symbol. */

import type { Figure, ThemeName, Trace } from "../wire/figure";
import { lineColor } from "./figureColors";
import type { PaneSettings } from "./paneSettings";

export interface LegendGroup {
  key: string;
  name: string;
  color: string;
  /** Name of the y axis, and so of the pane, that it stands in. */
  axis: string;
  lines: readonly { uid: string; color: string }[];
}

/** Never put away: the chart itself. */
const CHART = new Set(["baseline", "price", "forming"]);

/** What a trace is put away by. */
export function groupKey({ legendgroup, uid }: Trace): string {
  return String(legendgroup ?? uid);
}

/** `y2` of a trace is `yaxis2` of the layout. */
export function axisOf({ yaxis }: Trace): string {
  return typeof yaxis === "string" ? `yaxis${yaxis.slice(1)}` : "yaxis";
}

export function legendOf(
  { data }: Figure,
  theme: ThemeName,
  settings: PaneSettings,
): LegendGroup[] {
  const groups = new Map<string, Trace[]>();
  for (const trace of data) {
    if (trace.uid === undefined || CHART.has(trace.uid)) continue;
    const key = groupKey(trace);
    groups.set(key, [...(groups.get(key) ?? []), trace]);
  }
  return [...groups].map(([key, traces]) => {
    const main = traces.find(({ showlegend }) => showlegend === true) ?? (traces[0] as Trace);
    const color = (trace: Trace) => lineColor(trace, theme, settings);
    return {
      key,
      name: nameOf(key, traces),
      color: color(main),
      axis: axisOf(main),
      lines: traces.map((trace) => ({ uid: trace.uid as string, color: color(trace) })),
    };
  });
}

const COMPARED = "compare/";

/** What the names of all have in common: `MACD 12 26 9` of its signal and its histogram. */
function nameOf(key: string, traces: readonly Trace[]): string {
  if (key.startsWith(COMPARED)) return key.slice(COMPARED.length);
  const words = traces.map(({ name }) => String(name ?? key).split(" "));
  const [first = [], ...others] = words;
  const end = first.findIndex((word, index) => others.some((other) => other[index] !== word));
  return first.slice(0, end < 0 ? first.length : end).join(" ");
}
