/** The one last price of a figure, which its line, its label and its heights show. */
import type { Layout, Trace } from "../wire/figure";
import type { FigureMeta } from "../wire/wire.gen";
import { valuesOf } from "./bars";

/**
 * The last price on the axis of a figure. It is the one of the quote, an auction's after the last bar
 * included, and of a comparison the place where the server drew it.
 */
export function lastPrice(
  { data, layout }: { data: readonly Trace[]; layout: Layout },
  meta: FigureMeta | null = layout.meta,
): number | undefined {
  const isPrice = layout.yaxis.ticksuffix !== "%";
  const line = layout.shapes?.find((shape) => shape.name === "last-price");
  const told = (isPrice ? meta?.quote.last : null) ?? line?.y0;
  if (told !== undefined) return told;
  const newest =
    data.find(({ uid }) => uid === "forming") ?? data.find(({ uid }) => uid === "price");
  return (newest && valuesOf(newest).at(-1)) ?? undefined;
}
