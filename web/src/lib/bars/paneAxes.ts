/** Names of y axes: as the layout has them, and as traces and marks refer to them. */
import type { Layout, PaneName, Trace, ValueAxis } from "../wire/figure";

export type AxisName = "yaxis" | PaneName;

/** The axes of the panes below the prices, from the top. */
export function paneAxes(layout: Layout): [name: PaneName, axis: ValueAxis][] {
  return Object.keys(layout)
    .filter(isPane)
    .map((name) => [name, layout[name]])
    .filter((pane): pane is [PaneName, ValueAxis] => pane[1] !== undefined);
}

export function isPane(name: string): name is PaneName {
  return /^yaxis\d+$/.test(name);
}

/** `y2` of a trace is `yaxis2` of the layout. */
export function axisOf({ yaxis }: Trace): AxisName {
  const name = `yaxis${yaxis?.slice(1) ?? ""}`;
  return isPane(name) ? name : "yaxis";
}

/** `yaxis2` of the layout is `y2` of what refers to it. */
export function axisId(axis: AxisName): string {
  return axis.replace("axis", "");
}
