import { describe, expect, it } from "vitest";
import { canonicalKey, parseKey, symbolOf } from "../src/lib/viewKey";

const LOOKS = "theme=dark;palette=safe;scale=linear";

describe("the key of a view", () => {
  it("spells every default out", () => {
    expect(canonicalKey(parseKey("aapl"))).toBe(
      `AAPL;interval=1m;range=1d;session=regular;chart=mountain;${LOOKS}`,
    );
  });

  it("has the range that an interval alone brings along, and the other way round", () => {
    expect(canonicalKey(parseKey("AAPL;interval=1h"))).toContain(";interval=1h;range=3mo;");
    expect(canonicalKey(parseKey("AAPL;range=5y"))).toContain(";interval=1wk;range=5y;");
  });

  it("writes studies whole and compared symbols in order", () => {
    const key = canonicalKey(parseKey("AAPL;studies=sma, bb:30:2.50,vwap;compare=msft,^GSPC,goog"));
    expect(key).toContain(";studies=sma:20,bb:30:2.5,vwap;compare=GOOG,MSFT,^GSPC;");
  });

  it("leaves what it does not know for the server to refuse", () => {
    const key = canonicalKey(parseKey("AAPL;range=9y;studies=magic:1,sma:1:2,rsi:x"));
    expect(key).toContain(";interval=1m;range=9y;");
    expect(key).toContain(";studies=magic:1,sma:1:2,rsi:x;");
  });

  it("reads back as itself", () => {
    for (const text of [
      "^GSPC;range=ytd;chart=ohlc",
      "EURUSD=X;studies=macd,obv;compare=JPY=X,A",
    ]) {
      const key = canonicalKey(parseKey(text));
      expect(canonicalKey(parseKey(key))).toBe(key);
      expect(parseKey(key).compare.join()).toBe(parseKey(text).compare.join());
    }
    expect(parseKey("A;compare=EURUSD=X,B").compare).toEqual(["B", "EURUSD=X"]);
    expect(symbolOf(canonicalKey(parseKey("^GSPC")))).toBe("^GSPC");
  });
});
