import { expect, it } from "vitest";
import { inferType } from "../e2e/support/inferType";

it("finds the type that all examples have", () => {
  expect(
    inferType([
      { a: 1, b: null },
      { a: 2, b: "x", c: [1, null] },
    ]),
  ).toBe("{\n  a: number;\n  b: string | null;\n  c?: readonly (number | null)[];\n}");
  expect(inferType([[{ a: [] }], [{ a: ["x"] }]])).toBe("readonly {\n  a: readonly string[];\n}[]");
  expect(inferType([{ state: "live" }], { state: "FeedState" })).toBe("{\n  state: FeedState;\n}");
});
