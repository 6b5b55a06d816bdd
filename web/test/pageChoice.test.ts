import { describe, expect, it } from "vitest";
import {
  defaultChart,
  GRID_SIZES,
  type PageChoice,
  readAddress,
  withChart,
  withGridSize,
  writeAddress,
} from "../src/lib/page/pageChoice";

function read(address: string): PageChoice {
  const { pathname, search } = new URL(address, "http://here");
  return readAddress(pathname, search);
}

const FULL =
  "/chart/%5EGSPC?interval=5m&range=5d&session=extended&chart=candlestick&studies=sma:20,bb:20:2.5&compare=MSFT,NVDA" +
  "&scale=log&window=3h&with=BRK-B;chart=line;compare=EURUSD=X;window=15m&palette=red-up&zone=utc&theme=light" +
  "&colors=up:00695c,font:Source%20Serif%204&embed=1";

describe("the address of the page", () => {
  it.each(["/chart/AAPL", "/chart/EURUSD=X?range=5y", FULL])(
    "%s reads and writes the same",
    (url) => {
      expect(writeAddress(read(url))).toBe(url);
    },
  );

  it("holds every choice", () => {
    const { charts, ...page } = read(FULL);
    expect(charts[0]).toEqual({
      symbol: "^GSPC",
      interval: "5m",
      range: "5d",
      session: "extended",
      chart: "candlestick",
      studies: ["sma:20", "bb:20:2.5"],
      compare: ["MSFT", "NVDA"],
      scale: "log",
      window: "3h",
    });
    expect(charts[1]).toMatchObject({ symbol: "BRK-B", chart: "line", window: "15m" });
    expect(page).toEqual({
      problem: null,
      stretch: null,
      palette: "red-up",
      zone: "utc",
      theme: "light",
      colors: "up:00695c,font:Source Serif 4",
      embed: true,
    });
  });

  it("leaves out what would be so without it", () => {
    const spelled =
      "/chart/aapl?interval=1m&range=1d&session=regular&chart=mountain&scale=linear&window=all&zone=x";
    expect(writeAddress(read(spelled))).toBe("/chart/AAPL");
    // Half of it is a choice: of another symbol the usual pair may be another one.
    expect(writeAddress(read("/chart/EA?range=1d"))).toBe("/chart/EA?range=1d");
    expect(writeAddress(read("/chart/AAPL?interval=1m&range=5d"))).toBe(
      "/chart/AAPL?interval=1m&range=5d",
    );
  });

  it("without a symbol is the default one's, and with a bad one says so", () => {
    expect(read("/?range=5d").charts).toEqual([{ ...defaultChart("AAPL"), range: "5d" }]);
    expect(read("/chart/a%20b")).toMatchObject({
      charts: [],
      problem: expect.stringContaining("“A B”"),
    });
  });

  it("has a number of charts that fills a page", () => {
    const count = (others: number) =>
      read(`/chart/A?${Array.from({ length: others }, (_, n) => `with=S${n}`).join("&")}`).charts
        .length;
    expect([0, 1, 2, 3, 4, 5, 9].map(count)).toEqual([1, 2, 2, 4, 4, 6, 6]);
  });

  it("keeps a stretch of time, of two instants to the second", () => {
    const url = "/chart/AAPL?range=5d&with=MSFT&from=2026-08-31T13:30:00Z&to=2026-08-31T14:00:00Z";
    const page = read(url);
    expect(page.stretch).toEqual({
      from: Date.parse("2026-08-31T13:30:00Z"),
      to: Date.parse("2026-08-31T14:00:00Z"),
    });
    expect(writeAddress(page)).toBe(url);
  });

  it("takes nothing else for a stretch of time", () => {
    const [good, later] = ["2026-08-31T13:30:00Z", "2026-08-31T14:00:00Z"];
    for (const [from, to] of [
      [good, ""],
      ["", later],
      [later, good],
      [good, good],
      ["2026-13-31T13:30:00Z", later],
      ["2026-08-31", later],
      ["1756647000", "1756648800"],
      ["2026-08-31T13:30:00+02:00", later],
      [`${good}<script>`, later],
      ["NaN", "Infinity"],
      ["-271821-04-20T00:00:00Z", later],
    ]) {
      const query = new URLSearchParams({ from: from ?? "", to: to ?? "" });
      expect(read(`/chart/AAPL?${query}`).stretch, `${from} ${to}`).toBeNull();
    }
  });

  it("is not misled by what is no option, no symbol or far too long", () => {
    const page = read(`/chart/A?with=a b&with=B&theme=pink&range=${"x".repeat(999)}&__proto__=1`);
    expect(page.charts.map(({ symbol }) => symbol)).toEqual(["A", "B"]);
    expect(page.charts[0]).toEqual(defaultChart("A"));
    expect(page.theme).toBe(null);
  });
});

describe("a change of the page", () => {
  it("of its layout keeps what is there and adds what is not", () => {
    const page = read("/chart/A?range=5y");
    const four = withGridSize(page, 4, ["B", "A", "C"]);
    expect(four.charts.map(({ symbol }) => symbol)).toEqual(["A", "B", "C", "A"]);
    expect(four.charts[0]?.range).toBe("5y");
    expect(withGridSize(four, 1, []).charts).toEqual(page.charts);
    for (const layout of GRID_SIZES)
      expect(withGridSize(page, layout, []).charts).toHaveLength(layout);
  });

  it("to other bars leaves the stretch of the former ones, unless other charts show it", () => {
    const there = "from=2026-08-31T13:30:00Z&to=2026-08-31T14:00:00Z";
    for (const change of [{ symbol: "B" }, { range: "5d" }, { interval: "5m" }]) {
      expect(withChart(read(`/chart/A?${there}`), 0, change).stretch).toBeNull();
      expect(withChart(read(`/chart/A?with=C&${there}`), 0, change).stretch).not.toBeNull();
    }
    expect(withChart(read(`/chart/A?${there}`), 0, { scale: "log" }).stretch).not.toBeNull();
  });

  it("of its layout gives new charts what was chosen for the first", () => {
    const first = "interval=5m&range=5d&session=extended&chart=candlestick&studies=sma:20,volume";
    const page = read(`/chart/A?${first}&compare=X&scale=log&window=3h&palette=red-up`);
    const [a, b, ...others] = withGridSize(page, 4, ["B", "C"]).charts;
    expect(b).toEqual({ ...a, symbol: "B", compare: [] });
    expect(others.map(({ symbol }) => symbol)).toEqual(["C", "A"]);
    // Of the same symbol the same.
    expect(others[1]).toEqual(a);
  });

  it("of one chart leaves the others", () => {
    const page = withChart(read("/chart/A?with=B"), 1, { scale: "log" });
    expect(page.charts.map(({ scale }) => scale)).toEqual(["linear", "log"]);
  });
});
