import { describe, expect, it } from "vitest";
import {
  chartOffers,
  chooseChart,
  chooseExtended,
  chooseInterval,
  chooseRange,
  fitting,
  hasExtended,
  mostFor,
  mostOf,
  pairOf,
} from "../src/lib/page/offers";
import { defaultChart } from "../src/lib/page/pageChoice";
import { intervalLabel, optionLabel, rangeLabel } from "../src/lib/text/labels";
import type { StudyKind, Views } from "../src/lib/wire/views";
import { COLORS } from "../src/lib/wire/wire.gen";

const VIEWS: Views = {
  symbol: "AAPL",
  source: "sim",
  defaultKey: "",
  usual: { interval: "1m", range: "1d" },
  colors: COLORS,
  maxBars: 1,
  formats: [],
  studies: [],
  ranges: [
    { range: "1d", usualInterval: "1m" },
    { range: "5y", usualInterval: "1wk" },
  ],
  options: [
    { kind: "list", name: "studies", about: "", default: "", of: "study", most: 8 },
    {
      kind: "choice",
      name: "chart",
      about: "",
      default: "mountain",
      values: [
        { value: "mountain", about: "" },
        { value: "spark", about: "" },
      ],
    },
  ],
  intervals: [
    {
      interval: "5m",
      usualRange: "5d",
      ranges: ["1d", "5d", "1mo"],
      served: ["1d", "5d"],
      sessions: ["regular", "extended"],
    },
    { interval: "1d", usualRange: "1y", ranges: ["5d", "1mo", "1y"], sessions: ["regular"] },
  ],
};

describe("the controls", () => {
  it("call things by the names people use", () => {
    expect(["1m", "30m", "1h", "4h", "1d", "1wk", "1mo", "odd"].map(intervalLabel)).toEqual([
      "1 min",
      "30 min",
      "1 hour",
      "4 hours",
      "1 day",
      "1 week",
      "1 month",
      "odd",
    ]);
    expect(["1d", "1mo", "ytd", "5y", "max"].map(rangeLabel)).toEqual([
      "1D",
      "1M",
      "YTD",
      "5Y",
      "Max",
    ]);
    expect(["candlestick", "heikin-ashi", "ohlc"].map(optionLabel)).toEqual([
      "Candlestick",
      "Heikin-Ashi",
      "OHLC",
    ]);
  });

  it("offer what the server does, but no sparkline for a chart", () => {
    expect(chartOffers(VIEWS).map(({ value }) => value)).toEqual(["mountain"]);
    expect(chartOffers(null)).toEqual([]);
    expect([mostOf(VIEWS, "studies"), mostOf(VIEWS, "chart")]).toEqual([8, 0]);
  });

  it("choose a range with its own interval, and all of it", () => {
    expect(chooseRange(VIEWS, "5y")).toEqual({ range: "5y", interval: null, window: "all" });
    expect(chooseChart("mountain")).toEqual({ chart: null });
    expect(chooseChart("ohlc")).toEqual({ chart: "ohlc" });
  });

  it("show what the server takes for what nobody chose", () => {
    const none = defaultChart("AAPL");
    expect(pairOf(VIEWS, none)).toEqual({ interval: "1m", range: "1d" });
    expect(pairOf(VIEWS, { ...none, range: "5y" })).toEqual({ interval: "1wk", range: "5y" });
    expect(pairOf(VIEWS, { ...none, interval: "5m" })).toEqual({ interval: "5m", range: "5d" });
    // Of a symbol of which there are days only.
    const days = {
      ...VIEWS,
      usual: { interval: "1d", range: "1y" },
      ranges: [{ range: "1d", usualInterval: "1m" }],
    };
    expect(pairOf(days, none)).toEqual({ interval: "1d", range: "1y" });
    // The usual pair of the other symbols is then a choice.
    expect(chooseRange(days, "1d")).toMatchObject({ range: "1d", interval: null });
    expect(chooseInterval(days, { ...none, range: "1mo" }, "1d")).toMatchObject({
      interval: "1d",
      range: "1mo",
    });
  });

  it("say nothing of the usual pair, however it was chosen", () => {
    const nothing = { interval: null, range: null };
    expect(chooseRange(VIEWS, "1d")).toMatchObject(nothing);
    const days = { ...VIEWS, usual: { interval: "1d", range: "1y" } };
    const chart = { ...defaultChart("AAPL"), interval: "5m", range: "1y" };
    expect(chooseInterval(days, chart, "1d")).toMatchObject(nothing);
  });

  it("offer extended hours of the bars that have some", () => {
    expect(["5m", "1d", "7m"].map((interval) => hasExtended(VIEWS, interval))).toEqual([
      true,
      false,
      false,
    ]);
    const regular = VIEWS.intervals.map((row) => ({ ...row, sessions: ["regular"] }));
    expect(hasExtended(VIEWS)).toBe(true);
    expect(hasExtended({ ...VIEWS, intervals: regular })).toBe(false);
    expect(chooseExtended(true)).toEqual({ session: "extended" });
    expect(chooseExtended(false)).toEqual({ session: null });
  });

  it("keep a parameter below another where it has to be", () => {
    const bars = { about: "", min: 2, max: 500, step: 1, default: 9 };
    const kind: StudyKind = {
      name: "macd",
      form: "macd:F:S",
      about: "",
      parameters: [
        { ...bars, name: "F", below: "S" },
        { ...bars, name: "S" },
      ],
      pane: "own",
      needsVolume: false,
      lines: [],
    };
    expect(mostFor(kind, ["12", "26"], 0)).toBe(25);
    expect(mostFor(kind, ["12", "26"], 1)).toBe(500);
    expect(mostFor(kind, ["12", "900"], 0)).toBe(500);
    // While the other is being typed.
    expect(mostFor(kind, ["12", ""], 0)).toBe(500);
  });

  it("keep the range of another interval only where there is a chart of both", () => {
    const chart = { ...defaultChart("AAPL"), window: "15m" } as const;
    const fiveDays = { ...chart, range: "5d" };
    expect(chooseInterval(VIEWS, fiveDays, "5m")).toEqual({
      interval: "5m",
      range: "5d",
      window: "15m",
    });
    expect(chooseInterval(VIEWS, chart, "1d")).toEqual({
      interval: "1d",
      range: null,
      window: "all",
    });
    expect(chooseInterval(VIEWS, { ...chart, range: "1mo" }, "5m").range).toBe(null);
  });
});

describe("the choices of one chart for another symbol", () => {
  const chart = { ...defaultChart("MSFT"), session: "extended", chart: "line" };

  it("stay where the source has them", () => {
    const five = { ...chart, interval: "5m", range: "5d", window: "3h" as const };
    expect(fitting(VIEWS, five)).toEqual(five);
  });

  it("are the source's own where it does not, less what such bars do not have", () => {
    const month = { ...chart, interval: "5m", range: "1mo", window: "3h" as const };
    expect(fitting(VIEWS, month)).toMatchObject({
      interval: null,
      range: null,
      session: "extended",
      chart: "line",
      window: "all",
    });
    const days = { ...chart, interval: "1d", range: "1y" };
    expect(fitting(VIEWS, days)).toMatchObject({ interval: "1d", range: "1y", session: null });
  });
});
