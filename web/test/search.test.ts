import { describe, expect, it, vi } from "vitest";
import { candidates } from "../src/lib/page/candidates";
import {
  MAX_FAVOURITES,
  MAX_RECENT,
  parseShelf,
  withRecent,
  withStar,
} from "../src/lib/page/shelf";
import { type Found, searchSymbols } from "../src/lib/wire/search";
import { QUICK_SYMBOLS } from "../src/lib/wire/symbol";

const found = (symbol: string, name: string | null = null): Found => ({
  symbol,
  name,
  exchange: "NMS",
  type: "equity",
});
const SHELF = { favourites: ["AAPL", "MSFT"], recent: ["MSFT", "BRK-B"] };
const NOTHING = { query: "", results: [] };
const symbolsOf = (typed: string, search: { query: string; results: Found[] } = NOTHING) =>
  candidates(typed, search, SHELF).map(({ symbol }) => symbol);

describe("what a symbol box offers", () => {
  it("is what was looked at last and the favourites, each once, while nothing is typed", () => {
    expect(candidates(" ", NOTHING, SHELF)).toEqual([
      { symbol: "MSFT", name: null, hint: "recent" },
      { symbol: "BRK-B", name: null, hint: "recent" },
      { symbol: "AAPL", name: null, hint: "watchlist" },
    ]);
  });

  it("is what the server found, and at last the very symbol that is typed", () => {
    const results = [found("AAPL", "Apple Inc."), found("APLE")];
    expect(symbolsOf("apple", { query: "apple", results })).toEqual(["AAPL", "APLE", "APPLE"]);
  });

  it("is in the server's order, and has the symbol that is typed once", () => {
    const results = [found("NVDA"), found("NVDL")];
    expect(symbolsOf("nvda", { query: "nvda", results })).toEqual(["NVDA", "NVDL"]);
    expect(symbolsOf("nvdl", { query: "nvdl", results })).toEqual(["NVDA", "NVDL"]);
  });

  it("is not what was found for other letters", () => {
    expect(symbolsOf("nvda", { query: "nvd", results: [found("NVDL")] })).toEqual(["NVDA"]);
    expect(symbolsOf("berkshire hath", { query: "berk", results: [found("BRK-B")] })).toEqual([]);
  });
});

describe("a search", () => {
  it("asks the server and hands on what it found", async () => {
    const fetch = vi.fn(async () =>
      Response.json({ query: "a b", source: "sim", results: [found("A")] }),
    );
    expect((await searchSymbols("a b", { fetch })).results).toEqual([found("A")]);
    expect(fetch).toHaveBeenCalledExactlyOnceWith("/search?q=a+b", expect.anything());
  });

  it("that is refused tells why in the server's words", async () => {
    const fetch = async () => Response.json({ detail: "q is too long" }, { status: 400 });
    await expect(searchSymbols("x", { fetch })).rejects.toThrow("q is too long");
    const proxy = async () => new Response("<html>", { status: 403 });
    await expect(searchSymbols("x", { fetch: proxy })).rejects.toThrow("status 403");
  });
});

describe("the shelf", () => {
  it("holds the usual symbols before anything is put on it, or when it cannot be read", () => {
    for (const text of [null, "{", "7", '{"favourites": "AAPL"}']) {
      expect(parseShelf(text)).toEqual({ favourites: QUICK_SYMBOLS, recent: [] });
    }
  });

  it("takes from storage nothing but symbols, each once", () => {
    const text = '{"favourites": ["aapl", "AAPL", "<b>", 7, null], "recent": []}';
    expect(parseShelf(text)).toEqual({ favourites: ["AAPL", "7", "NULL"], recent: [] });
  });

  it("gives and takes stars, and drops the oldest when it is full", () => {
    expect(withStar(SHELF, "MSFT").favourites).toEqual(["AAPL"]);
    expect(withStar(SHELF, "NVDA").favourites).toEqual(["AAPL", "MSFT", "NVDA"]);
    const full = {
      ...SHELF,
      favourites: Array.from({ length: MAX_FAVOURITES }, (_, n) => `S${n}`),
    };
    const { favourites } = withStar(full, "NEW");
    expect([favourites.length, favourites[0], favourites.at(-1)]).toEqual([
      MAX_FAVOURITES,
      "S1",
      "NEW",
    ]);
  });

  it("has what was looked at last first, each once, and only so many", () => {
    expect(withRecent(SHELF, "BRK-B").recent).toEqual(["BRK-B", "MSFT"]);
    let shelf = SHELF as { favourites: readonly string[]; recent: readonly string[] };
    for (let n = 0; n < 2 * MAX_RECENT; n += 1) shelf = withRecent(shelf, `S${n}`);
    expect(shelf.recent).toHaveLength(MAX_RECENT);
  });
});
