/** How far a zone's clock is ahead of UTC: for dates, which carry no offset of their own. */

const clocks = new Map<string, Intl.DateTimeFormat | null>();

/** Milliseconds; none for a zone that this browser does not know. */
export function zoneOffset(zone: string, instant: number): number {
  const parts = clockOf(zone)?.formatToParts(instant) ?? [];
  const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)/.exec(text) ?? [];
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === "-" ? -size : size;
}

function clockOf(zone: string): Intl.DateTimeFormat | null {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    try {
      clock = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    } catch {
      clock = null;
    }
    clocks.set(zone, clock);
  }
  return clock;
}
