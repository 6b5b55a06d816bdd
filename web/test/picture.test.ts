import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../src/lib/chart/paneSettings";
import { withStyle } from "../src/lib/picture/pageFont";
import { type Exported, pictureOf } from "../src/lib/picture/picture";
import { COLORS } from "../src/lib/wire/wire.gen";
import { aCandleFigure } from "./figures";
import { aScene, STYLE } from "./scenes";

function picture(changes: Partial<Exported> = {}) {
  const exported: Exported = {
    symbol: "AAPL",
    scene: aScene(),
    settings: DEFAULT_SETTINGS,
    colors: COLORS.dark,
    hidden: new Set(),
    ...changes,
  };
  const widthOf = (text: string) => text.length * 7;
  const { data, layout } = pictureOf(exported, { style: STYLE, widthOf });
  const marks = layout.annotations;
  const texts = (name: string) =>
    marks.filter((mark) => mark.name === name).map(({ text }) => text);
  return { data, layout, marks, texts };
}

describe("a picture of the chart", () => {
  it("has the page's font and says what the page says above each pane", () => {
    const { layout, texts, marks } = picture();
    expect(layout.font).toMatchObject({ family: STYLE.font });
    expect(texts("legend").join(" ")).toBe(
      "O 13.00 H 13.50 L 11.50 C 12.00 ▼ −1.00 (−7.69%) — SMA 20 12.50 — foreign 4.00 — Volume 50",
    );
    const volume = marks.filter(({ yref }) => yref === "y2 domain");
    expect(volume.map(({ text }) => text)).toEqual(["—", "Volume", "50"]);
  });

  it("has the change of the newest bar in the page's colour of it", () => {
    const color = (palette: "safe" | "red-up") => {
      const { marks } = picture({ settings: { ...DEFAULT_SETTINGS, palette } });
      return marks.find(({ text }) => text.startsWith("▼"))?.font;
    };
    expect(color("safe")).toMatchObject({ color: COLORS.dark.directions["red-green"][1] });
    expect(color("red-up")).toMatchObject({ color: COLORS.dark.directions["red-green"][0] });
  });

  it("leaves out what is put away, line and legend", () => {
    const { data, texts } = picture({ hidden: new Set(["sma:20", "volume"]) });
    expect(data.map(({ uid }) => uid)).toEqual(["price", "forming", "foreign"]);
    expect(texts("legend").join(" ")).not.toMatch(/SMA|Volume/);
  });

  it("shows the stretch and the heights that are on the screen, to the last bit", () => {
    const x = ["2026-08-31T09:31:00", "2026-08-31T09:32:30"] as const;
    const y = { yaxis: [10.25, 13.75] as const };
    const scene = aScene({ mode: { kind: "frozen", x, y, newest: 0 } });
    const { layout } = picture({ scene });
    expect(layout.xaxis).toMatchObject({ range: x });
    expect(layout.yaxis).toMatchObject({ range: y.yaxis });
  });

  it("has the last price on its axis, at the edge where it is out of sight", () => {
    const label = (changes: Partial<Exported>) => {
      const { layout, marks } = picture(changes);
      const levels = layout.shapes.filter(({ name }) => name === "last-price");
      return [marks.find(({ name }) => name === "last-price"), levels.length] as const;
    };
    expect(label({})).toMatchObject([{ text: "12.00", yref: "y", y: 12 }, 1]);
    const log = label({ settings: { ...DEFAULT_SETTINGS, scale: "log" } });
    expect(log).toMatchObject([{ text: "12.00", yref: "y", y: Math.log10(12) }, 1]);
    const frozen = (range: [number, number]) =>
      aScene({
        mode: {
          kind: "frozen",
          x: ["2026-08-31T09:30:00", "2026-08-31T09:31:00"],
          y: { yaxis: range },
          newest: 0,
        },
      });
    expect(label({ scene: frozen([9, 11]) })).toMatchObject([
      { text: "↑12.00", yref: "y domain", y: 1 },
      0,
    ]);
    expect(label({ scene: frozen([13, 15]) })).toMatchObject([
      { text: "↓12.00", yref: "y domain", y: 0 },
      0,
    ]);
  });

  it("names the clock of its axis, and itself where nothing of the chart is", () => {
    expect(picture().texts("zone")).toEqual(["EDT"]);
    expect(picture({ settings: { ...DEFAULT_SETTINGS, zone: "utc" } }).texts("zone")).toEqual([
      "UTC",
    ]);
    const { layout, marks } = picture();
    const mark = marks.find(({ name }) => name === "signature");
    expect(mark).toMatchObject({ text: "figcast", y: 1, xanchor: "right" });
    // Above the chart and above the line of numbers.
    const yshift = mark?.yshift ?? 0;
    expect(yshift).toBeGreaterThan(40);
    expect(yshift).toBeLessThan(layout.margin.t);
  });

  it("keeps a text from being read as Plotly's tags", () => {
    const figure = aCandleFigure();
    for (const trace of figure.data) if (trace.uid === "foreign") trace.name = "a<b>&c";
    expect(picture({ scene: aScene({}, figure) }).texts("legend")).toContain("a&lt;b>&amp;c");
  });

  it("goes on in another line where the words do not fit", () => {
    const figure = aCandleFigure();
    for (const trace of figure.data) if (trace.uid === "foreign") trace.name = "x".repeat(160);
    const { marks } = picture({ scene: aScene({}, figure) });
    const shifts = marks
      .filter((mark) => mark.name === "legend" && mark.yref === "y domain")
      .map((mark) => mark.yshift);
    expect(new Set(shifts).size).toBe(2);
  });
});

it("carries its style in itself", () => {
  expect(withStyle('<svg class="main-svg" width="2"><g/></svg>', "a{}")).toBe(
    '<svg class="main-svg" width="2"><defs><style>a{}</style></defs><g/></svg>',
  );
});
