import { expect, it } from "vitest";
import { chartPath, MAX_SYMBOL_LENGTH, parseSymbol, symbolFromPath } from "../src/lib/wire/symbol";

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
  "<b>",
])("explains why “%s” is not a symbol", (typed) => {
  const parsed = parseSymbol(typed);
  expect(parsed.ok).toBe(false);
  expect(parsed.ok || parsed.message).toMatch(/\.$/);
});

it("takes the longest symbol and not one character more", () => {
  expect(parseSymbol("A".repeat(MAX_SYMBOL_LENGTH)).ok).toBe(true);
  expect(parseSymbol("A".repeat(MAX_SYMBOL_LENGTH + 1)).ok).toBe(false);
});

it.each(["AAPL", "^GSPC", "EURUSD=X", "M&M.NS"])("finds %s again in its own address", (symbol) => {
  expect(symbolFromPath(chartPath(symbol), "MSFT")).toEqual({ ok: true, symbol });
});

it("keeps addresses readable", () => {
  expect(chartPath("EURUSD=X")).toBe("/chart/EURUSD=X");
  expect(chartPath("^GSPC")).toBe("/chart/%5EGSPC");
});

it("shows the default symbol at the root", () => {
  expect(symbolFromPath("/", "EA")).toEqual({ ok: true, symbol: "EA" });
});

it("refuses an address whose symbol is broken", () => {
  expect(symbolFromPath("/chart/%E0%A4%A", "EA").ok).toBe(false);
  expect(symbolFromPath("/chart/%24%24", "EA").ok).toBe(false);
});
