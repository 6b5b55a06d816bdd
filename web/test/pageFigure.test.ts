import { describe, expect, it } from "vitest";
import { priceColor } from "../src/lib/chart/colors";
import type { DressedFigure } from "../src/lib/chart/dressed";
import { type Dress, pageFigure, scaleOf } from "../src/lib/chart/pageFigure";
import { DEFAULT_SETTINGS } from "../src/lib/chart/paneSettings";
import { chartSummary, documentTitle } from "../src/lib/text/summary";
import type { Figure } from "../src/lib/wire/figure";
import { COLORS } from "../src/lib/wire/wire.gen";
import { aFigure } from "./fakes";
import { aCandleFigure } from "./figures";
import { STYLE } from "./scenes";
import { aLabel, aLevel, aMeta, aShade } from "./traces";

const AT_233 = { xref: "paper", x: 1, yref: "y", y: 233 } as const;

const DRESS: Dress = {
  style: STYLE,
  colors: COLORS.dark,
  settings: DEFAULT_SETTINGS,
  scale: "linear",
  x: ["2026-08-31T14:00:00", "2026-08-31T14:04:00"],
  y: { yaxis: [230, 235] },
  isHidden: () => false,
};

function dressed(figure: Figure, changes: Partial<Dress> = {}): DressedFigure {
  return pageFigure(figure, { ...DRESS, ...changes });
}

it("sets the ranges that it is told and keeps Plotly from remembering others", () => {
  const { layout } = dressed(aFigure());
  expect(layout.xaxis).toMatchObject({ range: DRESS.x, autorange: false, uirevision: false });
  expect(layout.yaxis).toMatchObject({ range: [230, 235], autorange: false, fixedrange: true });
  expect(layout.uirevision).toBe("AAPL|1m|1d|open");
});

it("leaves the server's figure as it came", () => {
  const figure = aCandleFigure();
  const before = structuredClone(figure);
  dressed(figure, { colors: COLORS.light, scale: "log", isHidden: () => true });
  expect(figure).toEqual(before);
});

it("gives the grounds behind extended hours the colours of the theme", () => {
  const figure = aFigure();
  const shade = aShade("pre-market", "2026-08-31T08:00:00-04:00", "2026-08-31T09:30:00-04:00");
  figure.layout.shapes = [shade];
  const { layout } = dressed(figure, { colors: COLORS.light });
  expect(layout.shapes).toEqual([{ ...shade, fillcolor: COLORS.light.roles.veil }]);
});

it("leaves out what the page draws itself, and keeps the other marks", () => {
  const figure = aFigure();
  figure.layout.shapes = [aLevel("previous-close", 231), aLevel("last-price", 232)];
  figure.layout.annotations = [aLabel("high", AT_233), aLabel("last-price", AT_233)];
  figure.layout.xaxis = { ...figure.layout.xaxis, rangeselector: { buttons: [] } };
  const { layout } = dressed(figure);
  expect(layout.shapes?.map(({ name }) => name)).toEqual(["previous-close"]);
  expect(layout.annotations?.map(({ name }) => name)).toEqual(["high"]);
  expect(layout).not.toHaveProperty("title");
  expect(layout.xaxis).not.toHaveProperty("rangeselector");
  expect(layout.xaxis).toMatchObject({ rangeslider: { visible: false } });
});

describe("a theme, a palette and a scale are applied to the figure at hand", () => {
  const colorOf = ({ data }: DressedFigure, uid: string) => {
    const trace = data.find((trace) => trace.uid === uid);
    return trace?.type === "scatter" ? trace.line.color : undefined;
  };
  const candles = ({ data }: DressedFigure) => {
    const price = data.find(({ uid }) => uid === "price");
    if (price?.type !== "candlestick") throw new Error("no candles");
    return price;
  };

  it("the line of the light theme is a readable shade of the server's lime", () => {
    expect(colorOf(dressed(aFigure()), "price")).toBe("lime");
    expect(colorOf(dressed(aFigure(), { colors: COLORS.light }), "price")).toBe("#1b7a33");
  });

  it("rising candles are hollow in the safe palette and filled in the others", () => {
    expect(candles(dressed(aCandleFigure())).increasing.fillcolor).toBe(STYLE.surface);
    const settings = { ...DEFAULT_SETTINGS, palette: "red-up" as const };
    const { increasing, decreasing } = candles(dressed(aCandleFigure(), { settings }));
    expect([increasing.line.color, increasing.fillcolor]).toEqual(["#f6465d", "#f6465d"]);
    expect([decreasing.line.color, decreasing.fillcolor]).toEqual(["#2ebd85", "#2ebd85"]);
  });

  it("a study keeps its role in other colours, and a colour without a role stays", () => {
    const light = dressed(aCandleFigure(), { colors: COLORS.light });
    expect(colorOf(light, "sma-20-sma")).toBe("#7b3fb8");
    expect(colorOf(light, "foreign")).toBe("#123456");
  });

  it("a logarithmic axis takes labels by exponent", () => {
    const figure = aFigure();
    figure.layout.annotations = [aLabel("high", { ...AT_233, y: 1000 })];
    const { layout } = dressed(figure, { scale: "log", y: { yaxis: [2, 3] } });
    expect(layout.annotations).toMatchObject([{ y: 3 }]);
    expect(layout.yaxis).toMatchObject({ type: "log", range: [2, 3] });
  });

  it("a comparison in percent stays linear, whatever is chosen", () => {
    const settings = { ...DEFAULT_SETTINGS, scale: "log" as const };
    const percent = aFigure();
    percent.layout.yaxis = { ticksuffix: "%" };
    expect(scaleOf(aFigure(), settings)).toBe("log");
    expect(scaleOf(percent, settings)).toBe("linear");
  });

  it("the newest price has the colour of its line or of its bar", () => {
    expect(priceColor(aFigure(), COLORS.dark, "safe")).toBe("lime");
    expect(priceColor(aCandleFigure(), COLORS.dark, "safe")).toBe("#f0933c");
  });
});

it("hides a trace without taking it away", () => {
  const { data } = dressed(aCandleFigure(), {
    isHidden: ({ legendgroup }) => legendgroup === "sma:20",
  });
  expect(data.filter(({ visible }) => visible === "legendonly").map(({ uid }) => uid)).toEqual([
    "sma-20-sma",
  ]);
});

it("gives Plotly identities that a selector can hold", () => {
  for (const { uid } of dressed(aCandleFigure()).data) expect(uid).toMatch(/^[\w-]+$/);
});

it("leaves one finger to the page on a touch screen", () => {
  expect(dressed(aFigure(), { style: { ...STYLE, coarse: true } }).layout.dragmode).toBe(false);
  expect(dressed(aFigure()).layout.dragmode).toBe("pan");
});

it("puts symbol, price and move into the tab's title", () => {
  expect(documentTitle("AAPL", aMeta(), true)).toBe("AAPL 232.30 ▲ +1.00% · figcast");
  expect(documentTitle("AAPL", aMeta(), false)).toBe("AAPL 232.30 (not live) · figcast");
  expect(documentTitle("AAPL", null, false)).toBe("AAPL · figcast");
});

it("says the chart in one sentence for those who do not see it", () => {
  expect(chartSummary("AAPL", aMeta(), new Date("2026-08-31T19:00:00Z"))).toBe(
    "Price chart of Apple Inc., last 232.30 USD, up 1.00%, as of 14:03:21 EDT",
  );
});

it("says why a chart of prices at or below zero is not logarithmic", () => {
  const figure = aCandleFigure();
  const settings = { ...DEFAULT_SETTINGS, scale: "log" as const };
  expect(scaleOf(figure, settings)).toBe("log");
  const below: Figure = {
    ...figure,
    data: figure.data.map((trace) => ("low" in trace ? { ...trace, low: [9, -0.5, 11] } : trace)),
  };
  expect(scaleOf(below, settings)).toBe("linear");
  const note = (of: Figure, scale: "log" | "linear") =>
    dressed(of, { settings, scale }).layout.annotations?.find(({ name }) => name === "note")?.text;
  expect(note(below, "linear")).toBe("Linear: there are prices at or below zero");
  expect(note(figure, "log")).toBe(undefined);
});

it("leaves out marks that a logarithmic axis has no place for", () => {
  const figure = aFigure();
  figure.layout.shapes = [aLevel("previous-close", -5)];
  expect(dressed(figure, { scale: "log" }).layout.shapes).toEqual([]);
  expect(dressed(figure).layout.shapes).toHaveLength(1);
});
