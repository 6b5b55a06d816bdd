import { expect, it } from "vitest";
import { pageFigure } from "../src/lib/pageFigure";
import { chartSummary, documentTitle } from "../src/lib/summary";
import { aFigure, aMeta } from "./fakes";

const STYLE = {
  font: "Inter",
  text: "#eee",
  muted: "#999",
  surface: "#000",
  raised: "#111",
  grid: "#222",
  outline: "#333",
  onLine: "#000",
  coarse: false,
  fade: (colour: string, opacity: number) => `${colour}/${opacity}`,
};

it("never sets a range, so the reader's zoom survives", () => {
  const { layout } = pageFigure(aFigure(), STYLE);
  expect(layout.xaxis).not.toHaveProperty("range");
  expect(layout.yaxis).not.toHaveProperty("range");
  expect(layout.uirevision).toBe("AAPL|1m|1d|open");
});

it("leaves the server's figure as it came", () => {
  const figure = aFigure();
  const before = structuredClone(figure);
  pageFigure(figure, STYLE);
  expect(figure).toEqual(before);
});

it("marks the last price in the line's own colour", () => {
  const { shapes, annotations } = pageFigure(aFigure(), STYLE).layout;
  expect(shapes).toMatchObject([{ y0: 232.3, y1: 232.3, line: { color: "lime" } }]);
  expect(annotations).toMatchObject([{ y: 232.3, text: "232.30", bgcolor: "lime" }]);
});

it("marks the last price once, though the server marks it too", () => {
  const figure = aFigure();
  const marked = {
    ...figure,
    layout: {
      ...figure.layout,
      shapes: [{ name: "previous-close" }, { name: "last-price" }],
      annotations: [{ name: "last-price" }],
    },
  };
  const { shapes, annotations } = pageFigure(marked, STYLE).layout;
  expect(shapes?.map((shape) => shape.name)).toEqual(["previous-close", "page-price-line"]);
  expect(annotations?.map((label) => label.name)).toEqual(["page-price-label"]);
});

it("marks nothing where there is no price", () => {
  const meta = aMeta({
    quote: { last: null, change: null, changePercent: null, asOf: null, seq: 1 },
  });
  expect(pageFigure(aFigure(meta), STYLE).layout.shapes).toBeUndefined();
});

it("leaves one finger to the page on a touch screen", () => {
  expect(pageFigure(aFigure(), { ...STYLE, coarse: true }).layout.dragmode).toBe(false);
  expect(pageFigure(aFigure(), STYLE).layout.dragmode).toBe("pan");
});

it("puts symbol, price and move into the tab's title", () => {
  expect(documentTitle("AAPL", aMeta())).toBe("AAPL 232.30 ▲ +1.00% · figcast");
  expect(documentTitle("AAPL", null)).toBe("AAPL · figcast");
});

it("says the chart in one sentence for those who do not see it", () => {
  expect(chartSummary("AAPL", aMeta(), new Date("2026-08-31T19:00:00Z"))).toBe(
    "Price chart of Apple Inc., last 232.30 USD, up 1.00%, as of 14:03:21 EDT",
  );
});
