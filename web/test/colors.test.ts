// @vitest-environment happy-dom
import { afterEach, expect, it } from "vitest";
import { useColors, useServedGround } from "../src/hooks/useColors";
import { dressTrace } from "../src/lib/chart/dressTrace";
import { DEFAULT_SETTINGS } from "../src/lib/chart/paneSettings";
import { type ColorTables, PAGE_COLORS } from "../src/lib/page/colorTables";
import { COLORS, type Palette } from "../src/lib/wire/wire.gen";
import { act, cleanup, renderHook } from "./mounted";
import { STYLE } from "./scenes";
import { aLine, candles, columns } from "./traces";

/** Of somebody's own, in which a study has the colour of a price that rose. */
const BRAND: ColorTables = {
  dark: {
    roles: { ...COLORS.dark.roles, up: "#010101", line0: "#010101", down: "#020202" },
    directions: { ...COLORS.dark.directions, "red-green": ["#030303", "#040404"] },
  },
  light: COLORS.light,
};

afterEach(() => {
  cleanup();
  PAGE_COLORS.learn(COLORS);
});

function colorOf(trace: Parameters<typeof dressTrace>[0], palette: Palette): string | undefined {
  const settings = { ...DEFAULT_SETTINGS, palette };
  const dressed = dressTrace(trace, {
    style: STYLE,
    settings,
    colors: BRAND.dark,
    isHidden: () => false,
  });
  if (dressed.type === "bar") return dressed.marker.color;
  return dressed.type === "scatter" ? dressed.line.color : dressed.increasing.line.color;
}

it("two roles of one colour are told apart", () => {
  const line = { color: "#010101", width: 1 };
  const price = aLine("price", [], [], { meta: "up", line });
  const study = aLine("sma-20-sma", [], [], { meta: "line0", line });
  expect([price, study].map((trace) => colorOf(trace, "red-up"))).toEqual(["#020202", "#010101"]);
});

it("whatever colour the server drew in, a trace has that of its role", () => {
  const line = { color: "#abcdef", width: 1 };
  expect(colorOf(aLine("rsi-14-rsi", [], [], { meta: "line0", line }), "safe")).toBe("#010101");
  expect(colorOf(columns("volume-up", [], []), "red-green")).toBe("#030303");
  const prices = { open: [], high: [], low: [], close: [] };
  expect(colorOf(candles("price", [], prices), "red-green")).toBe("#030303");
});

it("charts take the colours that the server tells, and are told once", () => {
  const { result } = renderHook(() => useColors("dark"));
  expect(result.current).toBe(COLORS.dark);
  act(() => PAGE_COLORS.learn(structuredClone(COLORS)));
  expect(result.current).toBe(COLORS.dark);
  act(() => PAGE_COLORS.learn(BRAND));
  expect(result.current).toBe(BRAND.dark);
});

it("an answer without a colour changes nothing", () => {
  const { up: _, ...roles } = BRAND.dark.roles;
  PAGE_COLORS.learn({ ...BRAND, dark: { ...BRAND.dark, roles } } as never);
  PAGE_COLORS.learn(undefined);
  expect(PAGE_COLORS.table("dark")).toBe(COLORS.dark);
});

it("an element has the ground of the server's brand, and loses it with the brand", () => {
  const box = document.createElement("div");
  renderHook(() => useServedGround(box, useColors("dark")));
  const branded = { ...COLORS.dark, brand: { background: "#0b1f3a", font: "Georgia" } };
  act(() => PAGE_COLORS.learn({ ...COLORS, dark: branded }));
  expect(box.style.getPropertyValue("--served-background")).toBe("#0b1f3a");
  expect(box.style.getPropertyValue("--served-font")).toBe("Georgia");
  act(() => PAGE_COLORS.learn(COLORS));
  expect(box.style.getPropertyValue("--served-background")).toBe("");
});
