import { describe, expect, it } from "vitest";
import { sparkPath, sparkValues } from "../src/lib/bars/spark";
import { aLayout, aLine } from "./traces";

describe("a spark line", () => {
  it("fills its box from edge to edge", () => {
    expect(sparkPath([1, 3, 2], 72, 26)).toBe("M1.5 24.5L36 1.5L70.5 13");
  });

  it("of a price that has not moved goes through the middle", () => {
    expect(sparkPath([5, 5], 72, 26)).toBe("M1.5 13L70.5 13");
  });

  it("of one price goes through the middle, and of none there is none", () => {
    expect([sparkPath([], 72, 26), sparkPath([1], 72, 26)]).toEqual(["", "M1.5 13L70.5 13"]);
  });

  it("is of the figure's prices and of numbers only", () => {
    const data = [aLine("sma", [], [3]), aLine("price", [], [1, null, 2])];
    const figure = { data, layout: aLayout() };
    expect(sparkValues(figure)).toEqual([1, 2]);
    expect(sparkValues({ data: [], layout: aLayout() })).toEqual([]);
    expect(sparkValues(null)).toEqual([]);
  });
});
