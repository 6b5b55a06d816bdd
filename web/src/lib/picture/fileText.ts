/** The texts of a saved chart: its file name, its caption and its rows. */
import { barsOf } from "../bars/bars";
import { formatDelay, formatInstant } from "../text/format";
import type { Figure } from "../wire/figure";
import type { FigureMeta } from "../wire/wire.gen";

/** `AAPL_2026-08-31T14-03-21-0400.png`: no character that a file system minds. */
export function fileName(symbol: string, meta: FigureMeta, ending: string): string {
  const asOf = meta.quote.asOf?.replaceAll(":", "-").replace("+", "p") ?? "no-price";
  const bars = meta.aggregated === undefined ? "" : `_bars-of-${meta.aggregated.to}`;
  return `${symbol.replaceAll(/[^A-Za-z0-9.-]/g, "_")}${bars}_${asOf}.${ending}`;
}

/** Every bar of the chart with the values of its studies, as it was drawn. */
export function csvOf(figure: Figure): string {
  const bars = barsOf(figure);
  const columns: [string, readonly (number | null)[]][] = [];
  if (bars.open !== null && bars.high !== null && bars.low !== null) {
    columns.push(["open", bars.open], ["high", bars.high], ["low", bars.low]);
  }
  columns.push(["close", bars.close]);
  if (bars.volume !== null) columns.push(["volume", bars.volume]);
  for (const { name, values } of bars.lines) columns.push([name, values]);
  const head = ["time", ...columns.map(([name]) => quoted(name))].join(",");
  const rows = bars.stamps.map((stamp, row) =>
    [stamp, ...columns.map(([, values]) => values[row] ?? "")].join(","),
  );
  return `${[head, ...rows].join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** "Apple Inc. · NASDAQ · 1m · as of 14:03:21 EDT · delayed 15 min". */
export function caption(meta: FigureMeta): string {
  const { instrument, quote, delay, view, aggregated } = meta;
  // The date always: a picture is looked at on another day.
  const asOf =
    quote.asOf === null ? null : `as of ${formatInstant(quote.asOf, instrument.zone, new Date(0))}`;
  const interval = /;interval=([^;]+)/.exec(view)?.[1] ?? null;
  const bars = aggregated === undefined ? interval : `${interval} drawn as ${aggregated.to}`;
  return [instrument.name, instrument.exchange, bars, asOf, formatDelay(delay)]
    .filter((part) => part !== null)
    .join(" · ");
}
