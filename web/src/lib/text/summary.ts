/** The chart in one sentence, for the title of the tab and for screen readers. */

import type { FigureMeta } from "../wire/wire.gen";
import { ARROWS, directionOf, formatInstant, formatPercent, formatPrice } from "./format";

/** `fresh`: the price may be taken for the present one. */
export function documentTitle(symbol: string, meta: FigureMeta | null, fresh: boolean): string {
  if (meta === null || meta.quote.last === null) return `${symbol} · figcast`;
  const { last, change, changePercent } = meta.quote;
  const move =
    changePercent === null
      ? ""
      : ` ${ARROWS[directionOf(change ?? changePercent)]} ${formatPercent(changePercent)}`;
  const price = `${symbol} ${formatPrice(last, meta.instrument.priceDecimals)}`;
  return fresh ? `${price}${move} · figcast` : `${price} (not live) · figcast`;
}

export function chartSummary(symbol: string, meta: FigureMeta | null, now: Date): string {
  if (meta === null || meta.quote.last === null) return `Price chart of ${symbol}, no price yet`;
  const { instrument, quote } = meta;
  const parts = [`Price chart of ${instrument.name ?? symbol}`];
  const price = formatPrice(meta.quote.last, instrument.priceDecimals);
  parts.push(`last ${price}${instrument.currency === null ? "" : ` ${instrument.currency}`}`);
  if (quote.changePercent !== null) {
    const direction = directionOf(quote.change ?? quote.changePercent);
    const percent = formatPercent(Math.abs(quote.changePercent)).replace("+", "");
    parts.push(direction === "flat" ? "unchanged" : `${direction} ${percent}`);
  }
  if (quote.asOf !== null) parts.push(`as of ${formatInstant(quote.asOf, instrument.zone, now)}`);
  return parts.join(", ");
}
