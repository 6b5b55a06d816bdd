import { describe, expect, it } from "vitest";
import { type Bars, barsOf } from "../src/lib/bars/bars";
import { rowAt, wallAtRow } from "../src/lib/bars/rows";
import { wallText } from "../src/lib/bars/wallTime";
import {
  followed,
  newBars,
  nextMode,
  type ViewMode,
  windowsFor,
  within,
  xRange,
} from "../src/lib/chart/followMode";
import { aCandleFigure, minutes } from "./figures";
import { aLayout, aLine } from "./traces";

function barsAt(stamps: readonly string[]): Bars {
  const flat = stamps.map(() => 1);
  return barsOf({ data: [aLine("price", stamps, flat)], layout: aLayout() });
}

const FOLLOW: ViewMode = { kind: "follow", window: "15m", width: null };
const MINUTE = 60_000;
const session = (count: number) => barsAt(minutes(count));

describe("following", () => {
  it("slides with every bar and keeps its length", () => {
    const spans = [100, 101, 150].map((count) => followed(session(count), "15m"));
    expect(new Set(spans.map(([from, to]) => to - from))).toEqual(new Set([15 * MINUTE]));
    const [[before], [after]] = spans as [[number, number], [number, number]];
    expect(after - before).toBe(MINUTE);
  });

  it("shows the newest bar with room for the next one", () => {
    const bars = session(100);
    for (const window of windowsFor(bars)) {
      expect(followed(bars, window)[1]).toBeGreaterThanOrEqual((bars.walls.at(-1) ?? 0) + MINUTE);
    }
  });

  it("goes back to the top of the hour", () => {
    // 09:30 and 100 minutes: 11:09.
    expect(wallText(followed(session(100), "htd")[0])).toBe("2026-08-31T11:00:00.000");
  });

  it("counts its minutes in bars, so that a night takes nothing away", () => {
    const night = barsAt([...minutes(390), ...minutes(5, "2026-09-01T13:30:00Z")]);
    const [from, to] = followed(night, "15m");
    expect(night.walls.filter((wall) => wall >= from && wall <= to)).toHaveLength(15);
  });

  it("offers only windows of two bars and more, and for days the whole", () => {
    expect(windowsFor(session(10))).toEqual(["15m", "45m", "htd", "3h", "all"]);
    expect(windowsFor(barsAt(["2026-08-31T09:30:00-04:00", "2026-08-31T10:30:00-04:00"]))).toEqual([
      "3h",
      "all",
    ]);
    expect(windowsFor(barsAt(["2026-08-28", "2026-08-31"]))).toEqual(["all"]);
  });
});

describe("frozen", () => {
  const x = ["2026-08-31 09:31:07.1234", "2026-08-31 09:44"] as const;
  const frozen = nextMode(FOLLOW, { kind: "moved", x, bars: session(20), window: "15m" });

  it("keeps both ranges to the last bit, whatever bars come", () => {
    const y = { yaxis: [1.1, 2.2000000000000006] as const };
    let mode = nextMode(frozen, { kind: "fitted", y });
    for (let count = 21; count < 221; count += 1) {
      expect(xRange(mode, session(count))).toBe(x);
      mode = nextMode(mode, { kind: "fitted", y: { yaxis: [0, count] } });
      expect(mode).toMatchObject({ y });
    }
  });

  it("finds its heights anew after the hand has moved it, and when asked to", () => {
    const fitted = nextMode(frozen, { kind: "fitted", y: { yaxis: [1, 2] } });
    expect(nextMode(fitted, { kind: "moved", x, bars: session(20), window: "15m" })).toMatchObject({
      y: null,
    });
    expect(nextMode(fitted, { kind: "refit" })).toMatchObject({ y: null, x });
    expect(nextMode(FOLLOW, { kind: "refit" })).toBe(FOLLOW);
  });

  it("counts the bars since it was frozen, also after another move", () => {
    expect(newBars(frozen, session(20))).toBe(0);
    expect(newBars(frozen, session(27))).toBe(7);
    const again = nextMode(frozen, { kind: "moved", x, bars: session(25), window: "15m" });
    expect(newBars(again, session(27))).toBe(7);
    expect(newBars(FOLLOW, session(27))).toBe(0);
  });

  it("shows the same instants on another clock", () => {
    const utc = barsAt(minutes(20).map((stamp) => new Date(stamp).toISOString()));
    const moved = nextMode(frozen, { kind: "clock", was: session(20), is: utc });
    expect(moved).toMatchObject({
      x: ["2026-08-31T13:31:07.123", "2026-08-31T13:44:00.000"],
      newest: utc.walls.at(-1),
    });
    expect(newBars(moved, utc)).toBe(0);
  });

  it("follows again when told to, in the window chosen then", () => {
    expect(nextMode(frozen, { kind: "live", window: "45m" })).toEqual({
      kind: "follow",
      window: "45m",
      width: null,
    });
  });
});

describe("a hand on the chart", () => {
  const bars = session(100);
  const last = bars.walls.at(-1) ?? 0;
  const put = (from: number, to: number, mode: ViewMode = FOLLOW) =>
    nextMode(mode, { kind: "moved", x: [wallText(from), wallText(to)], bars, window: "15m" });
  const spanOf = (mode: ViewMode, of: Bars) => {
    const [from, to] = xRange(mode, of) as [string, string];
    return [Date.parse(`${from}Z`), Date.parse(`${to}Z`)] as const;
  };

  it("that leaves the newest bar in sight sets the width, and the chart goes on following", () => {
    const zoomed = put(last - 7.5 * MINUTE, last + 2 * MINUTE);
    expect(spanOf(zoomed, bars)).toEqual([last - 7.5 * MINUTE, last + 2 * MINUTE]);
    for (const count of [101, 150]) {
      const [from, to] = spanOf(zoomed, session(count));
      expect(to).toBe(last + (count - 100 + 2) * MINUTE);
      expect(to - from).toBe(9.5 * MINUTE);
    }
  });

  it("keeps the width in bars when the newest is of another day", () => {
    const zoomed = put(last - 10 * MINUTE, last + MINUTE);
    const night = barsAt([...minutes(100), ...minutes(5, "2026-09-01T13:30:00Z")]);
    const [from, to] = spanOf(zoomed, night);
    expect(night.walls.filter((wall) => wall >= from && wall <= to)).toHaveLength(11);
  });

  it("gives the next bar its room", () => {
    const [from, to] = spanOf(put(last - 10 * MINUTE, last), bars);
    expect([from, to]).toEqual([last - 9 * MINUTE, last + MINUTE]);
  });

  it("that has all bars in sight has them all in sight from then on", () => {
    const [start, end] = followed(bars, "all");
    const whole = put(start, end);
    const [from] = spanOf(whole, session(300));
    expect(from).toBe(start);
  });

  it("that goes back freezes, and that comes back follows", () => {
    const back = put(last - 30 * MINUTE, last - MINUTE);
    expect(back.kind).toBe("frozen");
    expect(put(last - 30 * MINUTE, last, back).kind).toBe("follow");
  });

  it("that grows wider than the chart never asks for what is before its first bar", () => {
    const zoomed = put(last - 50 * MINUTE, last + MINUTE);
    const [from] = spanOf(zoomed, session(10));
    expect(from).toBe((session(10).walls[0] ?? 0) - MINUTE / 2);
  });
});

describe("a stretch that reaches beyond the chart", () => {
  const bars = session(100);
  const [start, end] = followed(bars, "all");

  it.each([
    ["before the first bar", -30, 10],
    ["far before it", -5_000, -4_960],
    ["into the future", 90, 130],
    ["far into it", 5_000, 5_040],
  ])("%s is moved back, as wide as it was", (_, first, until) => {
    const wish = [start + first * MINUTE, start + until * MINUTE] as const;
    const [from, to] = within(bars, wish);
    expect(to - from).toBeCloseTo(40 * MINUTE, 3);
    expect(from).toBeGreaterThanOrEqual(start);
    expect(to).toBeLessThanOrEqual(end);
  });

  it("at both ends is the whole of it", () => {
    expect(within(bars, [start - 60 * MINUTE, end + 60 * MINUTE])).toEqual([start, end]);
  });

  it("at neither stays as it is, to the last bit", () => {
    const wish = [start + 0.1234, end - 0.1234] as const;
    expect(within(bars, wish)).toEqual(wish);
  });

  it("is as wide in bars where a night lies between", () => {
    const night = barsAt([...minutes(100), ...minutes(100, "2026-09-01T13:30:00Z")]);
    const first = night.walls[0] ?? 0;
    // An hour before the first bar and all of the first day: 159 bars.
    const [from, to] = within(night, [first - 60 * MINUTE, first + 99 * MINUTE]);
    expect(night.walls.filter((wall) => wall >= from && wall <= to).length).toBe(159);
  });
});

describe("places counted in bars", () => {
  const night = barsAt([...minutes(10), ...minutes(10, "2026-09-01T13:30:00Z")]);

  it.each([-7.25, -0.5, 0, 3.5, 9, 9.5, 10, 19, 24.75])("go there and back: %d", (row) => {
    expect(rowAt(night, wallAtRow(night, row))).toBeCloseTo(row, 9);
  });
});

it("reads the bars of candles with the forming one, volume and studies by row", () => {
  const bars = barsOf(aCandleFigure());
  expect(bars.close).toEqual([11, 12, 13, 12]);
  expect(bars.volume).toEqual([100, 200, 300, 50]);
  expect(bars.lines.map(({ uid, values }) => [uid, values[0]])).toEqual([
    ["sma-20-sma", null],
    ["foreign", 1],
  ]);
  expect([bars.step, bars.intraday]).toEqual([MINUTE, true]);
});
