/** What stands beside a chart in numbers, on the page and in a picture of it. Pure. */
import type { Bars } from "../bars/bars";
import type { LegendGroup } from "../chart/legend";
import type { Figure } from "../wire/figure";
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

/**
 * The last price on the axis of a figure. It is the one of the quote, an auction's after the last bar
 * included, and of a comparison the place where the server drew it.
 */
export function lastPrice(
  { data, layout }: Figure,
  meta = layout.meta ?? null,
): number | undefined {
  const isPrice = layout.yaxis?.ticksuffix !== "%";
  const line = layout.shapes?.find(({ name }) => name === "last-price");
  const told = (isPrice ? meta?.quote.last : null) ?? line?.y0;
  if (typeof told === "number") return told;
  const newest =
    data.find(({ uid }) => uid === "forming") ?? data.find(({ uid }) => uid === "price");
  const column = (newest?.close ?? newest?.y) as readonly number[] | undefined;
  return column?.at(-1);
}
