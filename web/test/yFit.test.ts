import { expect, it } from "vitest";
import { wallOf } from "../src/lib/bars/wallTime";
import { fitHeights } from "../src/lib/chart/yFit";
import type { Trace } from "../src/lib/wire/figure";
import { aFigure } from "./fakes";
import { aCandleFigure } from "./figures";
import { aLine } from "./traces";

const ALL = { scale: "linear" as const, isHidden: () => false };
const WHOLE = [wallOf("2026-08-31T09:00:00"), wallOf("2026-08-31T18:00:00")] as const;

function heights(changes: Partial<typeof ALL & { isHidden: (trace: Trace) => boolean }> = {}) {
  const { data, layout } = aCandleFigure();
  const withoutForeign = data.filter(({ uid }) => uid !== "foreign");
  return fitHeights(withoutForeign, layout, WHOLE, { ...ALL, ...changes });
}

it("fits lows and highs with room on both sides", () => {
  const [bottom, top] = heights().yaxis as [number, number];
  expect(bottom).toBeLessThan(9);
  expect(bottom).toBeGreaterThan(8.5);
  expect(top).toBeGreaterThan(14);
  expect(top).toBeLessThan(14.5);
});

it("stands columns on zero", () => {
  expect(heights().yaxis2).toEqual([0, 315]);
});

it("fits only the bars between the edges", () => {
  const { data, layout } = aCandleFigure();
  const first = [wallOf("2026-08-31T09:29:00"), wallOf("2026-08-31T09:30:30")] as const;
  const [bottom, top] = fitHeights(data.slice(0, 2), layout, first, ALL).yaxis as [number, number];
  expect([Math.round(bottom), Math.round(top)]).toEqual([9, 12]);
});

it("keeps zero out of a mountain, whose baseline is a help and not a price", () => {
  const { data, layout } = aFigure();
  const [bottom] = fitHeights(data, layout, WHOLE, ALL).yaxis as [number, number];
  expect(bottom).toBeGreaterThan(232);
});

it("does not make room for what the reader has put away", () => {
  const { data, layout } = aCandleFigure();
  const isHidden = ({ uid }: Trace) => uid === "foreign";
  const without = fitHeights(data, layout, WHOLE, { ...ALL, isHidden }).yaxis as [number, number];
  const together = fitHeights(data, layout, WHOLE, ALL).yaxis as [number, number];
  expect(together[0]).toBeLessThan(1);
  expect(without[0]).toBeGreaterThan(8);
});

it("gives exponents for a logarithmic axis", () => {
  const [bottom, top] = heights({ scale: "log" as never }).yaxis as [number, number];
  expect(10 ** bottom).toBeLessThan(9);
  expect(10 ** top).toBeGreaterThan(14);
});

it("gives a price that stands still a height", () => {
  const { layout } = aFigure();
  const flat = [aLine("price", ["2026-08-31T09:30:00"], [5])];
  const [bottom, top] = fitHeights(flat, layout, WHOLE, ALL).yaxis as [number, number];
  expect(bottom).toBeLessThan(5);
  expect(top).toBeGreaterThan(5);
});

it("has room for a last price beyond the bars where the newest of them is visible", () => {
  const { data, layout } = aCandleFigure();
  const { meta } = layout;
  const auction = { ...layout, meta: { ...meta, quote: { ...meta.quote, last: 20 } } };
  const top = (end: string) => {
    const stretch = [wallOf("2026-08-31T09:29:00"), wallOf(end)] as const;
    return (fitHeights(data.slice(0, 2), auction, stretch, ALL).yaxis as [number, number])[1];
  };
  expect(top("2026-08-31T09:40:00")).toBeGreaterThan(20);
  expect(top("2026-08-31T09:31:30")).toBeLessThan(15);
});
