import { afterEach, describe, expect, it, vi } from "vitest";

const found = (...symbols: string[]) =>
  Response.json({
    query: "",
    source: "replay",
    results: symbols.map((symbol) => ({ symbol, name: null, exchange: null, type: null })),
  });

/** The module as a page that has just been opened has it. */
async function fresh() {
  vi.resetModules();
  const popular = await import("../src/lib/page/popular");
  const { parseShelf } = await import("../src/lib/page/shelf");
  const { readAddress } = await import("../src/lib/page/pageChoice");
  return { ...popular, parseShelf, readAddress };
}

afterEach(() => vi.useRealTimers());

describe("the symbols a page begins with", () => {
  it("are those that the source shows first, on the chart of / and in the watchlist", async () => {
    const page = await fresh();
    await page.learnPopular(async () => found("EA", "SPY"));
    expect(page.readAddress("/", "").charts.map(({ symbol }) => symbol)).toEqual(["EA"]);
    expect(page.parseShelf(null).favourites).toEqual(["EA", "SPY"]);
    expect(page.parseShelf('{"favourites": ["MSFT"]}').favourites).toEqual(["MSFT"]);
  });

  it("are at most six, and nothing but symbols", async () => {
    const page = await fresh();
    await page.learnPopular(async () => found("A", "<b>", "B", "C", "D", "E", "F", "G"));
    expect(page.popularSymbols()).toEqual(["A", "B", "C", "D", "E", "F"]);
  });

  it("are the usual ones where the source has none", async () => {
    const page = await fresh();
    await page.learnPopular(async () => found());
    expect(page.firstSymbol()).toBe("AAPL");
  });

  it("are the usual ones where the server does not answer in time", async () => {
    const page = await fresh();
    await page.learnPopular((_, init) => Promise.reject(init?.signal ?? new Error("no network")));
    expect(page.firstSymbol()).toBe("AAPL");
  });
});
