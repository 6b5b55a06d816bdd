import { describe, expect, test } from "vitest";
import { askedAddress } from "../src/lib/page/hostMessage";

const SHOWN = new URL("https://charts.example/chart/AAPL?range=5d&theme=dark&embed=1");
const asked = (message: unknown) => askedAddress(message, SHOWN);
const set = (change: object) => asked({ type: "figcast:set", ...change });

describe("a message of the host", () => {
  test.each([
    [{ theme: "light" }, "/chart/AAPL?range=5d&theme=light&embed=1"],
    [{ symbol: "brk-b" }, "/chart/BRK-B?range=5d&theme=dark&embed=1"],
    [
      { symbol: "^GSPC", range: "1mo", theme: "system" },
      "/chart/%5EGSPC?range=1mo&theme=system&embed=1",
    ],
    [{ range: null, theme: null }, "/chart/AAPL?embed=1"],
    [
      { chart: "candlestick", studies: "sma:20,volume" },
      "/chart/AAPL?range=5d&chart=candlestick&studies=sma:20,volume&theme=dark&embed=1",
    ],
    [{}, "/chart/AAPL?range=5d&theme=dark&embed=1"],
  ])("%j is the address of another chart, which stays in its frame", (change, address) => {
    expect(set(change)).toEqual({ ok: true, address });
  });

  test.each([
    [{ theme: "sepia" }, /^theme cannot be "sepia"/],
    [{ symbol: "../../etc" }, /is not a symbol/],
    [{ symbol: 7 }, /Type a symbol/],
    [{ range: 5 }, /range is a text/],
    [{ embed: "0" }, /"embed" cannot be set: there are symbol, theme/],
    [{ ticket: "x" }, /"ticket" cannot be set/],
  ])("%j is refused in words", (change, message) => {
    expect(set(change)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });

  test.each([null, "figcast:set", 7, {}, { type: "other", theme: "light" }, []])(
    "%j is none of ours",
    (message) => expect(asked(message)).toBeNull(),
  );
});
