/** The attributes of a tag. */
import { describe, expect, it } from "vitest";
import { readTag } from "../src/tag/attributes";

const tag = (attributes: Record<string, string>) => readTag((name) => attributes[name] ?? null);

const problemOf = (attributes: Record<string, string>) => {
  const read = tag(attributes);
  return read.ok ? null : read.problem;
};

describe("a tag", () => {
  it("shows the chart that its attributes name", () => {
    const read = tag({
      symbol: " brk-b ",
      range: "5d",
      chart: "candlestick",
      studies: "sma,volume",
      compare: "MSFT, AAPL",
      scale: "log",
      theme: "light",
    });
    expect(read).toEqual({
      ok: true,
      choice: {
        view: {
          symbol: "BRK-B",
          interval: null,
          range: "5d",
          session: null,
          chart: "candlestick",
          studies: ["sma:20", "volume"],
          compare: ["AAPL", "MSFT"],
        },
        settings: { scale: "log", window: "all", palette: "safe", zone: "exchange", paused: false },
        theme: "light",
      },
    });
  });

  it("is in the theme of the page around it where it names none", () => {
    expect(tag({ symbol: "AAPL", theme: "" })).toMatchObject({ choice: { theme: "auto" } });
  });

  it("says how it is written when it names no symbol", () => {
    expect(problemOf({})).toContain('<figcast-chart symbol="AAPL">');
    expect(problemOf({ symbol: "  " })).toContain('<figcast-chart symbol="AAPL">');
    expect(problemOf({ symbol: "NOPE!!" })).toContain("“NOPE!!” is not a symbol");
  });

  it("says of every wrong attribute what would be right", () => {
    expect(problemOf({ symbol: "AAPL", theme: "blue", scale: "ln" })).toBe(
      'scale="ln" is none of linear, log. theme="blue" is none of auto, dark, light.',
    );
  });
});
