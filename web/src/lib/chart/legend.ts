/** The lines of a chart in groups: a study with all its lines, or a compared symbol. */
import { isPriced } from "../bars/bars";
import { type AxisName, axisOf } from "../bars/paneAxes";
import type { ColumnTrace, Figure, LineTrace, Trace } from "../wire/figure";
import type { ColorTable, Palette } from "../wire/wire.gen";
import { traceColor } from "./colors";

export interface LegendGroup {
  key: string;
  name: string;
  color: string;
  /** Name of the y axis, and so of the pane, that it stands in. */
  axis: AxisName;
  lines: readonly { uid: string; color: string }[];
}

/** A line or columns beside the chart itself. */
type Drawn = LineTrace | ColumnTrace;

/** Never put away: the chart itself. */
const CHART = new Set(["baseline", "price", "forming"]);

/** What a trace is put away by. */
export function groupKey({ legendgroup, uid }: Trace): string {
  return legendgroup ?? uid;
}

export function legendOf({ data }: Figure, colors: ColorTable, palette: Palette): LegendGroup[] {
  const groups = new Map<string, Drawn[]>();
  for (const trace of data) {
    if (CHART.has(trace.uid) || isPriced(trace)) continue;
    const key = groupKey(trace);
    groups.set(key, [...(groups.get(key) ?? []), trace]);
  }
  return [...groups].flatMap(([key, traces]) => {
    const main = traces.find(({ showlegend }) => showlegend) ?? traces[0];
    if (main === undefined) return [];
    const color = (trace: Drawn) => traceColor(trace, colors, palette);
    return {
      key,
      name: nameOf(key, traces),
      color: color(main),
      axis: axisOf(main),
      lines: traces.map((trace) => ({ uid: trace.uid, color: color(trace) })),
    };
  });
}

const COMPARED = "compare/";

/** What the names of all have in common: `MACD 12 26 9` of its signal and its histogram. */
function nameOf(key: string, traces: readonly Trace[]): string {
  if (key.startsWith(COMPARED)) return key.slice(COMPARED.length);
  const words = traces.map(({ name }) => name.split(" "));
  const [first = [], ...others] = words;
  const end = first.findIndex((word, index) => others.some((other) => other[index] !== word));
  return first.slice(0, end < 0 ? first.length : end).join(" ");
}
