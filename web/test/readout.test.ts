import { describe, expect, it } from "vitest";
import { barsOf } from "../src/lib/bars/bars";
import { including, pinched, zoomed } from "../src/lib/bars/stretch";
import { commandOf } from "../src/lib/chart/keys";
import { legendOf } from "../src/lib/chart/legend";
import { navigatorPath, rowsOf } from "../src/lib/chart/navigator";
import { caption, csvOf, fileName } from "../src/lib/picture/fileText";
import { ANNOUNCE_EVERY_MS, nextAnnouncement } from "../src/lib/text/announcer";
import { barText, formatValue, formatVolume, spokenBar, unitOf } from "../src/lib/text/barText";
import { COLORS } from "../src/lib/wire/wire.gen";
import { aCandleFigure, minutes } from "./figures";
import { aLayout, aLine, aMeta, candles } from "./traces";

const BARS = barsOf(aCandleFigure());
const UNIT = unitOf(aCandleFigure().layout);

describe("a bar in words", () => {
  it("has its prices, its volume and how far it went from the bar before", () => {
    expect(barText(BARS, 3, UNIT)).toEqual({
      time: "Mon 31 Aug 09:33",
      prices: [
        ["O", "open", "13.00"],
        ["H", "high", "13.50"],
        ["L", "low", "11.50"],
        ["C", "close", "12.00"],
      ],
      volume: "50",
      change: "−1.00",
      percent: "−7.69%",
      direction: "down",
    });
  });

  it("is spoken with the direction as a word", () => {
    expect(spokenBar(barText(BARS, 3, UNIT))).toBe(
      "Mon 31 Aug 09:33, open 13.00, high 13.50, low 11.50, close 12.00, down 7.69%, volume 50",
    );
  });

  it("has no change where there is no bar before", () => {
    expect(barText(BARS, 0, UNIT)).toMatchObject({ change: null, percent: null });
  });

  it("shortens large numbers and keeps small ones", () => {
    expect([formatVolume(1_234_567), formatValue(0.0142382), formatValue(57.45143)]).toEqual([
      "1.23M",
      "0.014238",
      "57.451",
    ]);
  });
});

describe("the legend", () => {
  it("has a group a study, in its pane, and never the chart itself", () => {
    const groups = legendOf(aCandleFigure(), COLORS.dark, "safe");
    expect(groups.map(({ key, name, axis }) => [key, name, axis])).toEqual([
      ["volume", "Volume", "yaxis2"],
      ["sma:20", "SMA 20", "yaxis"],
      ["foreign", "foreign", "yaxis"],
    ]);
  });
});

describe("what is said without being asked", () => {
  it("is said at once, then at most twice a minute, then the newest", () => {
    let said = nextAnnouncement(null, "1", 0);
    said = nextAnnouncement(said, "2", ANNOUNCE_EVERY_MS - 1);
    expect(said?.text).toBe("1");
    said = nextAnnouncement(said, "3", ANNOUNCE_EVERY_MS);
    expect(said).toEqual({ text: "3", at: ANNOUNCE_EVERY_MS });
    expect(nextAnnouncement(said, "3", 10 * ANNOUNCE_EVERY_MS)).toBe(said);
  });
});

describe("a key", () => {
  const press = (key: string, more = {}) =>
    commandOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

  it("with shift steps further", () => {
    expect(press("ArrowLeft")).toEqual({ kind: "step", bars: -1 });
    expect(press("ArrowLeft", { shiftKey: true })).toEqual({ kind: "step", bars: -10 });
  });

  it("with a modifier of the browser's is the browser's", () => {
    expect(press("l", { ctrlKey: true })).toBeNull();
    expect(press("Tab")).toBeNull();
    expect(press("L")).toEqual({ kind: "live" });
  });
});

describe("stretches of time", () => {
  it("zoom around a place that stays where it is", () => {
    expect(zoomed({ from: 0, to: 100 }, 0.5, 80)).toEqual({ from: 40, to: 90 });
  });

  it("move only as far as a place needs to be in them", () => {
    expect(including({ from: 0, to: 100 }, 50)).toEqual({ from: 0, to: 100 });
    expect(including({ from: 0, to: 100 }, -10)).toEqual({ from: -15, to: 85 });
    expect(including({ from: 0, to: 100 }, 110)).toEqual({ from: 15, to: 115 });
  });

  it("go with one finger, and between two stay under both", () => {
    expect(pinched({ from: 0, to: 100 }, 200, [[100, 80]])).toEqual({ from: 10, to: 110 });
    const { from, to } = pinched({ from: 0, to: 100 }, 200, [
      [80, 60],
      [120, 140],
    ]);
    const under = (pixel: number) => from + (pixel / 200) * (to - from);
    expect([under(60), under(140)].map(Math.round)).toEqual([40, 60]);
  });
});

describe("the navigator", () => {
  it("has at most some hundred points, the last among them", () => {
    const closes = Array.from({ length: 20_001 }, (_, row) => Math.sin(row / 100));
    const path = navigatorPath(closes, 1000, 40);
    expect(path.split("L").length).toBeLessThanOrEqual(402);
    expect(path).toMatch(/L1000 [\d.]+$/);
  });

  it("finds the bars at the edges of a stretch, within the chart", () => {
    const [first, second] = BARS.walls as [number, number];
    expect(rowsOf(BARS, first - 1e9, (first + second) / 2)).toEqual([0, 0.5]);
    expect(rowsOf(BARS, first, second + 1e9)).toEqual([0, 3]);
  });
});

describe("files", () => {
  it("carry symbol and as-of in a name that every file system takes", () => {
    expect(fileName("EURUSD=X", aMeta(), "png")).toBe("EURUSD_X_2026-08-31T14-03-21-04-00.png");
    expect(fileName("^GSPC", aMeta({ quote: { ...aMeta().quote, asOf: null } }), "csv")).toBe(
      "_GSPC_no-price.csv",
    );
  });

  it("say in a picture's title what it is and when that was", () => {
    const aggregated = { from: "1m", to: "5m" };
    expect(caption(aMeta({ aggregated }))).toContain(" · 1m drawn as 5m · ");
    expect(fileName("AAPL", aMeta({ aggregated }), "csv")).toMatch(/^AAPL_bars-of-5m_2026-/);
    expect(caption(aMeta({ delay: 900 }))).toBe(
      "Apple Inc. · NASDAQ · 1m · as of 31 Aug 2026, 14:03:21 EDT · delayed 15 min",
    );
  });

  it("have every bar as a row, with an empty cell where a study has no value yet", () => {
    const [head, first, ...rest] = csvOf(aCandleFigure()).trimEnd().split("\r\n");
    expect(head).toBe("time,open,high,low,close,volume,SMA 20,foreign");
    expect(first).toBe("2026-08-31T09:30:00-04:00,10,12,9,11,100,,1");
    expect(rest).toHaveLength(3);
  });
});

describe("a bar alone", () => {
  const [stamp, before] = [minutes(2)[1] as string, minutes(2)[0] as string];
  const x = [before, stamp];

  it("has its length from the empty row before it, which is no bar", () => {
    const columns = { open: [null, 1], high: [null, 2], low: [null, 0], close: [null, 1] };
    const candle = { data: [candles("forming", x, columns)], layout: aLayout() };
    const foot = aLine("baseline", x, [0.9, 0.9]);
    const line = { data: [foot, aLine("price", [stamp], [1])], layout: aLayout() };
    for (const figure of [candle, line]) {
      expect(barsOf(figure)).toMatchObject({ stamps: [stamp], close: [1], step: 60_000 });
    }
  });
});

describe("prices at and below zero", () => {
  it("have a change and no share of it", () => {
    const close = [-37.63, 10.01, 0, 5];
    const figure = { data: [aLine("price", minutes(4), close)], layout: aLayout() };
    const text = (row: number) => barText(barsOf(figure), row, UNIT);
    expect(text(1)).toMatchObject({ change: "+47.64", percent: null, direction: "up" });
    expect(text(2)).toMatchObject({ change: "−10.01", percent: "−100.00%" });
    expect(text(3)).toMatchObject({ change: "+5.00", percent: null });
  });
});
