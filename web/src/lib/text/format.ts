/** Numbers and times as a person reads them. Pure: clock and zone are arguments. */

const MINUS = "−";
/** Without a hint from the source: cents at least, and what a small price needs at most. */
const UNHINTED = { minimumFractionDigits: 2, maximumFractionDigits: 6 };
/** Beyond this a hint is noise, and Intl refuses the absurd ones. */
const MAX_DECIMALS = 12;

function fraction(decimals: number | null): Intl.NumberFormatOptions {
  if (decimals === null || !(decimals >= 0)) return UNHINTED;
  const digits = Math.min(Math.trunc(decimals), MAX_DECIMALS);
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

function plain(value: number, options: Intl.NumberFormatOptions): string {
  return once("en-US", options, Intl.NumberFormat).format(value).replace("-", MINUS);
}

const made = new Map<string, unknown>();

/** A formatter takes a hundred times as long to make as to use, and few are ever asked for. */
function once<O, F>(locale: string, options: O, Format: new (locale: string, options: O) => F): F {
  const key = `${Format.name} ${locale} ${JSON.stringify(options)}`;
  const known = (made.get(key) as F | undefined) ?? new Format(locale, options);
  made.set(key, known);
  return known;
}

function dates(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(locale, options, Intl.DateTimeFormat);
}

export function formatPrice(value: number, decimals: number | null): string {
  return plain(value, fraction(decimals));
}

export function formatChange(value: number, decimals: number | null): string {
  return plain(value, { ...fraction(decimals), signDisplay: "exceptZero" });
}

export function formatPercent(value: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return `${plain(value, { ...digits, signDisplay: "exceptZero" })}%`;
}

export type Direction = "up" | "down" | "flat";

export function directionOf(change: number | null): Direction {
  if (change === null || change === 0) return "flat";
  return change > 0 ? "up" : "down";
}

export const ARROWS: Record<Direction, string> = { up: "▲", down: "▼", flat: "■" };

/** "just now", "12 s ago", "3 min ago": one unit is enough to judge freshness. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  if (seconds < 1) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

export function formatDelay(seconds: number | null): string | null {
  if (seconds === null || seconds <= 0) return null;
  return seconds < 60 ? `delayed ${seconds} s` : `delayed ${Math.round(seconds / 60)} min`;
}

/** A zone has a name people use ("BST", "IST") only in the English of the places that use it. */
const ENGLISHES = ["en-US", "en-GB", "en-AU", "en-IN"];

export function zoneName(instant: Date, zone: string): string {
  let name = zone;
  for (const english of ENGLISHES) {
    const parts = dates(english, { timeZone: zone, timeZoneName: "short" }).formatToParts(instant);
    name = parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
    if (!/^GMT[+-]/.test(name)) return name;
  }
  return name.replace("GMT", "UTC");
}

/** "14:03:21 EDT" in the given zone, with the date in front unless it is today there. */
export function formatInstant(iso: string, zone: string | null, now: Date): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const timeZone = knownZone(zone) ?? "UTC";
  const day = dates("en-GB", { timeZone, dateStyle: "medium" });
  const time = dates("en-GB", { timeZone, timeStyle: "medium" }).format(instant);
  const date = day.format(instant) === day.format(now) ? "" : `${day.format(instant)}, `;
  return `${date}${time} ${zoneName(instant, timeZone)}`;
}

function knownZone(zone: string | null): string | null {
  if (zone === null) return null;
  try {
    dates("en-US", { timeZone: zone });
    return zone;
  } catch {
    return null;
  }
}
