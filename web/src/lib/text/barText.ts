/** One bar in words and numbers: for the line over the chart, the table, and the voice. */
import type { Bars } from "../bars/bars";
import type { Zone } from "../chart/paneSettings";
import type { Layout } from "../wire/figure";
import {
  type Direction,
  directionOf,
  formatChange,
  formatPercent,
  formatPrice,
  zoneName,
} from "./format";

export interface BarText {
  time: string;
  /** Short name, spoken name, value. */
  prices: readonly (readonly [short: string, spoken: string, value: string])[];
  volume: string | null;
  /** From the close of the bar before. */
  change: string | null;
  percent: string | null;
  direction: Direction;
}

export interface BarUnit {
  decimals: number | null;
  /** "%" of a comparison, else nothing. */
  suffix: string;
}

/** A price, or how far it is from the start of a comparison. */
export function priceText(value: number, { decimals, suffix }: BarUnit): string {
  return suffix === "%" ? formatPercent(value) : formatPrice(value, decimals);
}

const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const DAY = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});

/** Of a place on the axis, as the clock there reads it. */
export function placeText(wall: number, intraday: boolean): string {
  return (intraday ? DAY_AND_TIME : DAY).format(wall).replace(",", "");
}

export function barText(bars: Bars, row: number, unit: BarUnit): BarText {
  const text = (value: number | null | undefined) =>
    value === null || value === undefined ? "–" : priceText(value, unit);
  const close = bars.close[row] ?? null;
  const before = bars.close[row - 1] ?? null;
  const change = close === null || before === null ? null : close - before;
  const prices: [string, string, string][] =
    bars.open === null
      ? [["", "price", text(close)]]
      : [
          ["O", "open", text(bars.open[row])],
          ["H", "high", text(bars.high?.[row])],
          ["L", "low", text(bars.low?.[row])],
          ["C", "close", text(close)],
        ];
  const volume = bars.volume?.[row] ?? null;
  return {
    time: placeText(bars.walls[row] ?? 0, bars.intraday),
    prices,
    volume: volume === null ? null : formatVolume(volume),
    change: change === null ? null : `${formatChange(change, unit.decimals)}${unit.suffix}`,
    // Of shares in percent a share says nothing, nor does one of a price that is not above zero.
    percent:
      !change || before === null || !(before > 0) || unit.suffix !== ""
        ? null
        : formatPercent((change / before) * 100),
    direction: directionOf(change),
  };
}

export function spokenBar(text: BarText): string {
  const parts = [text.time, ...text.prices.map(([, name, value]) => `${name} ${value}`)];
  if (text.percent !== null) parts.push(`${text.direction} ${text.percent.replace(/^[+−]/, "")}`);
  else if (text.direction === "flat" && text.change !== null) parts.push("unchanged");
  if (text.volume !== null) parts.push(`volume ${text.volume}`);
  return parts.join(", ");
}

const VOLUME = new Intl.NumberFormat("en-US", {
  notation: "compact",
  minimumFractionDigits: 0,
  maximumFractionDigits: 2,
});

export function formatVolume(volume: number): string {
  return VOLUME.format(volume);
}

const VALUE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 5 });

/** Of a study below the prices, whose unit is its own. */
export function formatValue(value: number): string {
  return (Math.abs(value) >= 100_000 ? VOLUME : VALUE).format(value).replace("-", "−");
}

export function unitOf({ meta, yaxis }: Layout): BarUnit {
  return yaxis.ticksuffix === "%"
    ? { decimals: 2, suffix: "%" }
    : { decimals: meta.instrument.priceDecimals, suffix: "" };
}

/** Name of the zone that the axis shows, at an instant. */
export function axisZone(zone: Zone, exchange: string | null, instant: number): string {
  if (zone === "utc") return "UTC";
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zoneName(new Date(instant), zone === "local" ? local : (exchange ?? "UTC"));
}
