/** The numbers of the legend, on the page and in a picture of the chart. Pure. */
import type { Bars } from "../bars/bars";
import type { LegendGroup } from "../chart/legend";
import { type BarUnit, formatValue, formatVolume, priceText } from "./barText";

export interface LegendValue {
  uid: string;
  text: string;
  /** Null is the text's own. */
  color: string | null;
}

/** The values of a legend group at a bar; none where the bar has none. */
export function legendValues(
  group: LegendGroup,
  bars: Bars,
  row: number,
  unit: BarUnit,
): LegendValue[] {
  if (group.key === "volume") {
    const volume = bars.volume?.[row] ?? null;
    return volume === null ? [] : [{ uid: "volume", text: formatVolume(volume), color: null }];
  }
  // A pane below the prices has a unit of its own.
  const isPriced = group.axis === "yaxis";
  return group.lines.flatMap(({ uid, color }) => {
    const value = bars.lines.find((line) => line.uid === uid)?.values[row] ?? null;
    if (value === null) return [];
    return [{ uid, color, text: isPriced ? priceText(value, unit) : formatValue(value) }];
  });
}
