import { describe, expect, it } from "vitest";
import { wallOf, wallsOf } from "../src/lib/bars/wallTime";
import { inZone, onClock } from "../src/lib/chart/zoneShift";
import type { Figure, Layout } from "../src/lib/wire/figure";
import { minutes } from "./figures";
import { aLabel, aLayout, aLine } from "./traces";

const KOLKATA = () => 330;

function figureOf(x: readonly string[], changes: Partial<Layout> = {}): Figure {
  const flat = x.map(() => 1);
  return { data: [aLine("price", x, flat)], layout: aLayout(changes) };
}

it("leaves the exchange's own clock, and days on any clock", () => {
  const figure = figureOf(minutes(2));
  expect(inZone(figure, "exchange")).toBe(figure);
  const days = figureOf(["2026-08-28", "2026-08-31"]);
  expect(inZone(days, "utc")).toBe(days);
});

it("writes every stamp on the other clock, and it stays the same instant", () => {
  const [first = ""] = minutes(1);
  const figure = figureOf(minutes(3), {
    annotations: [
      aLabel("high", { xref: "x", x: first, yref: "y", y: 1 }),
      aLabel("note", { xref: "paper", x: 1, yref: "y", y: 1 }),
    ],
  });
  const shifted = onClock(figure, KOLKATA);
  expect(shifted.data[0]?.x?.[0]).toBe("2026-08-31T19:00:00+05:30");
  expect(shifted.data[0]?.x?.map(Date.parse)).toEqual(minutes(3).map(Date.parse));
  expect(shifted.layout.annotations).toMatchObject([
    { xref: "x", x: "2026-08-31T19:00:00+05:30" },
    { xref: "paper", x: 1 },
  ]);
});

it("moves listed breaks along, and hides no bar with them", () => {
  const bounds = ["2026-08-31T16:00:00-04:00", "2026-09-01T09:30:00-04:00"] as const;
  const figure = figureOf(minutes(2), { xaxis: { rangebreaks: [{ bounds }] } });
  expect(inZone(figure, "utc").layout.xaxis.rangebreaks).toEqual([
    { bounds: ["2026-08-31T20:00:00+00:00", "2026-09-01T13:30:00+00:00"] },
  ]);
});

it("lists the nights where the breaks were patterns of hours", () => {
  const x = [...minutes(5), ...minutes(5, "2026-09-01T13:30:00Z")];
  const figure = figureOf(x, {
    xaxis: { rangebreaks: [{ pattern: "hour", bounds: [16, 9.5] }] },
  });
  const shifted = onClock(figure, KOLKATA);
  const breaks = shifted.layout.xaxis.rangebreaks as { bounds: [string, string] }[];
  expect(breaks).toHaveLength(1);
  const [start, end] = (breaks[0]?.bounds ?? []).map(wallOf) as [number, number];
  for (const wall of wallsOf(shifted.data[0]?.x ?? [])) {
    expect(wall < start || wall >= end).toBe(true);
  }
});

describe("where the other clock is put back while the market trades", () => {
  const putBack = Date.parse("2026-11-01T06:00:00Z");
  const clock = (instant: number) => (instant < putBack ? -240 : -300);

  it("time never runs backwards", () => {
    const x = Array.from({ length: 120 }, (_, minute) =>
      new Date(putBack - 3_600_000 + minute * 60_000).toISOString().replace(".000Z", "+00:00"),
    );
    const walls = wallsOf(onClock(figureOf(x), clock).data[0]?.x ?? []);
    expect(walls.every((wall, row) => row === 0 || wall > (walls[row - 1] ?? 0))).toBe(true);
  });
});
