import { describe, expect, it } from "vitest";
import {
  directionOf,
  formatAge,
  formatChange,
  formatDelay,
  formatInstant,
  formatPercent,
  formatPrice,
  zoneName,
} from "../src/lib/text/format";

describe("prices", () => {
  it("keep the instrument's decimals", () => {
    expect(formatPrice(97012.5, 2)).toBe("97,012.50");
    expect(formatPrice(1.08412, 5)).toBe("1.08412");
    expect(formatPrice(38915, 0)).toBe("38,915");
    expect(formatPrice(0.00001234, 8)).toBe("0.00001234");
    expect(formatPrice(-37.63, 2)).toBe("−37.63");
    expect(formatChange(3e-8, 8)).toBe("+0.00000003");
  });

  it("show cents at least when nobody says how many decimals they have", () => {
    expect(formatPrice(7, null)).toBe("7.00");
    expect(formatPrice(0.000123, null)).toBe("0.000123");
  });

  it("survive an absurd number of decimals", () => {
    expect(formatPrice(1, 4_000)).toBe("1.000000000000");
    expect(formatPrice(1, -1)).toBe("1.00");
    expect(formatPrice(1, Number.NaN)).toBe("1.00");
  });
});

describe("changes", () => {
  it("carry their sign, with a true minus", () => {
    expect(formatChange(2.3, 2)).toBe("+2.30");
    expect(formatChange(-2.3, 2)).toBe("−2.30");
    expect(formatPercent(-1.234)).toBe("−1.23%");
  });

  it("carry none when they round to nothing", () => {
    expect(formatChange(0, 2)).toBe("0.00");
    expect(formatPercent(-0.001)).toBe("0.00%");
  });

  it("have a direction", () => {
    expect([1, -1, 0, null].map(directionOf)).toEqual(["up", "down", "flat", "flat"]);
  });
});

describe("ages", () => {
  it.each([
    [0, "just now"],
    [-5_000, "just now"],
    [2_400, "2 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3_600_000, "1 h ago"],
    [172_800_000, "2 d ago"],
  ])("of %i ms read “%s”", (milliseconds, words) => expect(formatAge(milliseconds)).toBe(words));
});

describe("delays", () => {
  it("are named in minutes, or not at all", () => {
    expect(formatDelay(900)).toBe("delayed 15 min");
    expect(formatDelay(20)).toBe("delayed 20 s");
    expect(formatDelay(0)).toBeNull();
    expect(formatDelay(null)).toBeNull();
  });
});

describe("instants", () => {
  const now = new Date("2026-08-31T19:00:00Z");

  it("are told in the exchange's zone, wherever the reader is", () => {
    expect(formatInstant("2026-08-31T14:03:21-04:00", "America/New_York", now)).toBe(
      "14:03:21 EDT",
    );
    expect(formatInstant("2026-08-31T18:03:21Z", "America/New_York", now)).toBe("14:03:21 EDT");
  });

  it("carry their date unless it is today there", () => {
    expect(formatInstant("2026-08-28T16:00:00-04:00", "America/New_York", now)).toBe(
      "28 Aug 2026, 16:00:00 EDT",
    );
  });

  it("are told in UTC when the zone is unknown, and as written when they are no instants", () => {
    expect(formatInstant("2026-08-31T14:03:21-04:00", "Mars/Olympus", now)).toBe("18:03:21 UTC");
    expect(formatInstant("2026-08-31T14:03:21-04:00", null, now)).toBe("18:03:21 UTC");
    expect(formatInstant("soon", null, now)).toBe("soon");
  });
});

describe("zones", () => {
  const summer = new Date("2026-08-31T12:00:00Z");
  const winter = new Date("2026-01-15T12:00:00Z");

  it.each([
    ["America/New_York", summer, "EDT"],
    ["America/New_York", winter, "EST"],
    ["Europe/London", summer, "BST"],
    ["Europe/London", winter, "GMT"],
    ["Asia/Kolkata", summer, "IST"],
    ["Asia/Tokyo", summer, "UTC+9"],
    ["UTC", summer, "UTC"],
  ])("%s has the name people use", (zone, instant, name) => {
    expect(zoneName(instant, zone)).toBe(name);
  });
});
