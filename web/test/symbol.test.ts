import { beforeEach, describe, expect, it } from "vitest";
import { HERE } from "../src/lib/wire/server";
import { chartPath, MAX_TICKER_LENGTH, parseSymbol, symbolFromPath } from "../src/lib/wire/symbol";

it.each([
  "AAPL",
  "BRK-B",
  "BRK.B",
  "BTC-USD",
  "EURUSD=X",
  "ES=F",
  "^GSPC",
  "0700.HK",
  "M&M.NS",
  "7203.T",
  "YAHOO:^GSPC",
])("takes %s for a symbol", (symbol) => expect(parseSymbol(symbol)).toEqual({ ok: true, symbol }));

it("forgives case and the space around", () => {
  expect(parseSymbol("  aapl ")).toEqual({ ok: true, symbol: "AAPL" });
});

it.each([
  "",
  "   ",
  "A B",
  "../etc",
  "A--B",
  "-A",
  "A-",
  "^",
  "^^A",
  "A=",
  "A=XXXX",
  "ÄPFEL",
  "YAHOO:",
  ":AAPL",
  "A:B:C",
  "1X:A",
  "<b>",
])("explains why “%s” is not a symbol", (typed) => {
  const parsed = parseSymbol(typed);
  expect(parsed.ok).toBe(false);
  expect(parsed.ok || parsed.message).toMatch(/\.$/);
});

it("takes the longest symbol and not one character more", () => {
  expect(parseSymbol("A".repeat(MAX_TICKER_LENGTH)).ok).toBe(true);
  expect(parseSymbol(`YAHOO:${"A".repeat(MAX_TICKER_LENGTH)}`).ok).toBe(true);
  expect(parseSymbol("A".repeat(MAX_TICKER_LENGTH + 1)).ok).toBe(false);
});

it.each(["AAPL", "^GSPC", "EURUSD=X", "M&M.NS", "BINANCE:BTCUSDT"])(
  "finds %s again in its own address",
  (symbol) => {
    expect(symbolFromPath(chartPath(symbol), "MSFT")).toEqual({ ok: true, symbol });
  },
);

it("keeps addresses readable", () => {
  expect(chartPath("EURUSD=X")).toBe("/chart/EURUSD=X");
  expect(chartPath("^GSPC")).toBe("/chart/%5EGSPC");
  expect(chartPath("BINANCE:BTCUSDT")).toBe("/chart/BINANCE:BTCUSDT");
});

it("shows the default symbol at the root", () => {
  expect(symbolFromPath("/", "EA")).toEqual({ ok: true, symbol: "EA" });
});

describe("below a path of the host", () => {
  beforeEach(() => {
    HERE.base = "/charts";
    return () => {
      HERE.base = "";
    };
  });

  it("finds a symbol in its own address, and none in those of others", () => {
    expect(chartPath("AAPL")).toBe("/charts/chart/AAPL");
    expect(symbolFromPath("/charts/chart/AAPL", "EA")).toEqual({ ok: true, symbol: "AAPL" });
    for (const path of ["/charts/", "/chart/AAPL", "/other/chart/AAPL"]) {
      expect(symbolFromPath(path, "EA")).toEqual({ ok: true, symbol: "EA" });
    }
  });
});

it("refuses an address whose symbol is broken", () => {
  expect(symbolFromPath("/chart/%E0%A4%A", "EA").ok).toBe(false);
  expect(symbolFromPath("/chart/%24%24", "EA").ok).toBe(false);
});
