/** Values of options as words on a button or in a list. */

const UNITS: Readonly<Record<string, string>> = {
  m: "min",
  h: "hour",
  d: "day",
  wk: "week",
  mo: "month",
};

/** `5m` is "5 min", `1wk` is "1 week", `4h` is "4 hours". */
export function intervalLabel(interval: string): string {
  const [, count, unit = ""] = /^(\d+)([a-z]+)$/.exec(interval) ?? [];
  const word = UNITS[unit];
  if (word === undefined) return interval;
  return `${count} ${word}${count === "1" || unit === "m" ? "" : "s"}`;
}

/** `1mo` is "1M", `max` is "Max". */
export function rangeLabel(range: string): string {
  if (range === "max") return "Max";
  return range.replace("mo", "m").toUpperCase();
}

/** "candlestick" is "Candlestick", "heikin-ashi" is "Heikin-Ashi", "ohlc" is "OHLC". */
export function optionLabel(value: string): string {
  if (value === "ohlc") return "OHLC";
  return value.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
