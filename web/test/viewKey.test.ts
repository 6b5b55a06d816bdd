import { describe, expect, it } from "vitest";
import { parseKey, symbolOf, viewKey } from "../src/lib/wire/viewKey";

const LOOKS = "theme=dark;palette=safe;scale=linear";

describe("the key of a view", () => {
  it("spells out all but the interval and the range that nobody chose", () => {
    const rest = `session=regular;chart=mountain;${LOOKS}`;
    expect(viewKey(parseKey("aapl"))).toBe(`AAPL;${rest}`);
    expect(viewKey(parseKey("AAPL;interval=1h"))).toBe(`AAPL;interval=1h;${rest}`);
    expect(viewKey(parseKey("AAPL;range=5y"))).toBe(`AAPL;range=5y;${rest}`);
    expect(viewKey(parseKey("AAPL;session=extended"))).toContain("AAPL;session=extended;chart=");
  });

  it("writes studies whole and compared symbols in order", () => {
    const key = viewKey(parseKey("AAPL;studies=sma, bb:30:2.50,vwap;compare=msft,^GSPC,goog"));
    expect(key).toContain(";studies=sma:20,bb:30:2.5,vwap;compare=GOOG,MSFT,^GSPC;");
  });

  it("leaves what it does not know for the server to refuse", () => {
    const key = viewKey(parseKey("AAPL;range=9y;studies=magic:1,sma:1:2,rsi:x"));
    expect(key).toContain("AAPL;range=9y;session=");
    expect(key).toContain(";studies=magic:1,sma:1:2,rsi:x;");
  });

  it("reads back as itself", () => {
    for (const text of [
      "^GSPC;range=ytd;chart=ohlc",
      "EURUSD=X;studies=macd,obv;compare=JPY=X,A",
    ]) {
      const key = viewKey(parseKey(text));
      expect(viewKey(parseKey(key))).toBe(key);
      expect(parseKey(key).compare.join()).toBe(parseKey(text).compare.join());
    }
    expect(parseKey("A;compare=EURUSD=X,B").compare).toEqual(["B", "EURUSD=X"]);
    expect(symbolOf(viewKey(parseKey("^GSPC")))).toBe("^GSPC");
  });
});
