/** Every kind of figure, and bars to draw them of. */
import { join } from "node:path";
import { ROOT } from "./children.ts";

const CHARTS = ["mountain", "line", "candlestick", "ohlc", "heikin-ashi", "spark"];
const THEMES = ["theme=dark", "theme=light&palette=red-up&scale=log"];
/** All there are, eight a view at most. */
const STUDIES = ["", "sma,ema,wma,bb,vwap,volume,rsi,macd", "atr,stoch,obv"];

/** Hundreds of views are drawn once, and not every second. */
export const UNHURRIED = { FIGCAST_SIM__TICK: "5min" };

/** Recordings by symbol: of real markets where there are some, else our own. */
const RECORDINGS = recordings(process.env.FIGCAST_FIXTURES);

/** Where bars come from: its name, symbols that it has, and the arguments of a server with them. */
export const KINDS: [name: string, symbols: string[], args: string[]][] = [
  ["simulated", ["AAPL"], []],
  ["recorded", Object.keys(RECORDINGS), replaying(RECORDINGS)],
];

function recordings(folder: string | undefined): Record<string, string> {
  if (folder === undefined) {
    return {
      XMPL: join(ROOT, "tests/fixtures/replay/chart.json"),
      TWO: join(ROOT, "tests/fixtures/replay/two_days.csv"),
    };
  }
  return {
    AAPL: join(folder, "yahoo_chart_AAPL_1m_2024-10-02.json"),
    EA: join(folder, "csv_yfinance_EA_15m.csv"),
    "BTC-USD": join(folder, "yahoo_chart_BTC-USD_1h_live_last_bar.json"),
    SPY: join(folder, "csv_SPY_1d_yahoo_download_2020.csv"),
  };
}

/** Arguments of a server that shows recordings. */
function replaying(files: Record<string, string>): string[] {
  const named = Object.entries(files).flatMap(([symbol, file]) => ["--file", `${symbol}=${file}`]);
  const zone = ["--timezone", "America/New_York"];
  return ["--source", "replay", ...zone, ...named];
}

interface Views {
  intervals: { interval: string; served: string[] }[];
}

/**
 * Paths of figures of each symbol: every chart, theme and study, in the shortest and the longest of its
 * bars and as far back as they go; and a comparison in every chart.
 */
export async function everyFigure(server: string, symbols: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const symbol of symbols) {
    const path = `/figure/${symbol}`;
    const response = await fetch(`${server}/views?symbol=${symbol}`);
    const { intervals } = (await response.json()) as Views;
    const spans = intervals
      .map(({ interval, served }) => [interval, served.at(-1)] as const)
      .filter(([, range]) => range !== undefined)
      .map(([interval, range]) => `interval=${interval}&range=${range}`);
    const others =
      symbols.length > 1 ? symbols.filter((other) => other !== symbol) : ["MSFT", "KO"];
    for (const chart of CHARTS) {
      for (const span of new Set([spans[0], spans[Math.floor(spans.length / 2)], spans.at(-1)])) {
        for (const theme of THEMES) {
          for (const studies of STUDIES) {
            paths.push(`${path}?chart=${chart}&${span}&${theme}&studies=${studies}`);
          }
        }
      }
      // A comparison has axes, and a spark line has none.
      if (chart === "spark") continue;
      const span = spans.at(-1);
      paths.push(`${path}?chart=${chart}&${span}&compare=${others.slice(0, 4)}&studies=bb`);
    }
  }
  return paths;
}
