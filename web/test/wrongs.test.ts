import { describe, expect, it } from "vitest";
import { type ChartChoice, readAddress } from "../src/lib/page/pageChoice";
import { isOfOptions, listOf, NOTHING_WRONG, withSymbol, wrongsOf } from "../src/lib/page/wrongs";
import { emptyView, type StreamView } from "../src/lib/stream/streamView";
import { aFigure } from "./fakes";
import { aMeta } from "./traces";

const chartOf = (query: string) => readAddress("/chart/AAPL", query).charts[0] as ChartChoice;
const viewOf = (changes: Partial<StreamView>): StreamView => ({ ...emptyView("AAPL"), ...changes });
const without = (...omitted: string[]) => aFigure(aMeta({ omitted }));

describe("what is wrong with a chart", () => {
  const chart = chartOf("?compare=MSFT,NOPE1,NOPE2&studies=obv");

  it("are the compared symbols that the figure is drawn without, and no studies", () => {
    const wrongs = wrongsOf(viewOf({ figure: without("obv", "NOPE2", "NOPE1") }), chart);
    expect(listOf(wrongs)).toEqual(["NOPE1", "NOPE2"]);
    expect(wrongsOf(viewOf({ figure: aFigure() }), chart)).toEqual(NOTHING_WRONG);
  });

  it("is not what was wrong with the chart before it", () => {
    const figure = without("NOPE1");
    expect(listOf(wrongsOf(viewOf({ figure, isFormer: true }), chart))).toEqual([]);
    expect(listOf(wrongsOf(viewOf({ figure }), chartOf("?compare=MSFT")))).toEqual([]);
  });

  it("is the chart itself where it is refused, and not where its symbol is unknown", () => {
    const isRefused = (ended: StreamView["ended"]) =>
      isOfOptions(wrongsOf(viewOf({ ended }), chart));
    expect((["view", "access"] as const).map(isRefused)).toEqual([true, true]);
    expect((["symbol", "token", null] as const).map(isRefused)).toEqual([false, false, false]);
  });
});

describe("the way to another symbol", () => {
  const chart = chartOf("?range=5d&compare=MSFT,NOPE1,NVDA&studies=sma:20&scale=log");

  it("leaves what was left out behind, and the symbol itself", () => {
    const next = withSymbol(chart, "MSFT", { leftOut: "NOPE1", ended: null });
    expect(next).toMatchObject({ symbol: "MSFT", compare: ["NVDA"], studies: ["sma:20"] });
  });

  it("keeps all that was chosen where nothing is wrong", () => {
    expect(withSymbol(chart, "TSLA", NOTHING_WRONG)).toEqual({ ...chart, symbol: "TSLA" });
  });

  it("starts again where the chart was refused, in the same looks", () => {
    const next = withSymbol(chart, "TSLA", { leftOut: "", ended: "view" });
    expect(next).toMatchObject({ symbol: "TSLA", range: null, compare: [], studies: [] });
    expect(next.scale).toBe("log");
  });
});
