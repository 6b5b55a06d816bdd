/** The page as people see it: docs/screenshots. */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { withFigcast } from "./figcast.mjs";

const FOLDER = "../docs/screenshots";
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Until the watchlist, too, has something to show. */
const SETTLED_MS = 4_000;

const CANDLES = "/chart/AAPL?chart=candlestick&studies=sma:20,bb:20:2,volume";
const GRID =
  "/chart/AAPL?chart=candlestick&studies=sma:20&with=MSFT&with=NVDA;range=5d;studies=bb:20:2&with=BTC-USD;compare=EURUSD=X";

const SCREENS = [
  { name: "desktop-dark", path: CANDLES, viewport: DESKTOP, colorScheme: "dark" },
  { name: "desktop-light", path: CANDLES, viewport: DESKTOP, colorScheme: "light" },
  { name: "grid", path: GRID, viewport: DESKTOP, colorScheme: "dark" },
  {
    name: "mobile",
    path: "/chart/BTC-USD",
    viewport: PHONE,
    colorScheme: "dark",
    hasTouch: true,
    isMobile: true,
  },
  { name: "not-found", path: "/chart/NOPE", viewport: DESKTOP, colorScheme: "dark" },
  {
    name: "search",
    path: "/chart/AAPL",
    viewport: DESKTOP,
    colorScheme: "light",
    keys: ["/", "a"],
  },
  {
    name: "keyboard-focus",
    path: "/chart/AAPL?chart=candlestick",
    viewport: DESKTOP,
    colorScheme: "light",
    focus: "chart-keys",
    keys: ["ArrowLeft", "ArrowLeft", "ArrowLeft"],
  },
];

/** A data provider that knows yesterday's session of one symbol, until it is told to fail. */
async function provider() {
  const state = { fails: false };
  const server = createServer((_, response) => {
    response.statusCode = state.fails ? 503 : 200;
    response.setHeader("content-type", "application/json");
    response.end(state.fails ? "{}" : JSON.stringify(yesterday()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, state, url: `http://127.0.0.1:${server.address().port}` };
}

/** 390 minutes that walk up and down, closed at least twelve hours ago. */
function yesterday() {
  const end = Math.floor(Date.now() / 43_200_000 - 1) * 43_200;
  const regular = { timezone: "UTC", start: end - 390 * 60, end, gmtoffset: 0 };
  const minutes = Array.from({ length: 390 }, (_, minute) => minute);
  const price = (minute) =>
    100 + 4 * Math.sin(minute / 70) + 1.4 * Math.sin(minute / 13) + 0.4 * Math.sin(minute * 1.7);
  const column = (shape) => minutes.map(shape);
  return {
    chart: {
      error: null,
      result: [
        {
          meta: {
            currency: "USD",
            symbol: "ACME",
            fullExchangeName: "NasdaqGS",
            instrumentType: "EQUITY",
            regularMarketTime: end,
            gmtoffset: 0,
            timezone: "UTC",
            exchangeTimezoneName: "UTC",
            regularMarketPrice: price(389),
            longName: "Acme Corporation",
            chartPreviousClose: 99.2,
            previousClose: 99.2,
            priceHint: 2,
            currentTradingPeriod: { regular },
            tradingPeriods: [[regular]],
            dataGranularity: "1m",
            range: "1d",
          },
          timestamp: column((minute) => regular.start + minute * 60),
          indicators: {
            quote: [
              {
                open: column((minute) => price(minute - 1)),
                high: column((minute) => Math.max(price(minute - 1), price(minute)) + 0.1),
                low: column((minute) => Math.min(price(minute - 1), price(minute)) - 0.1),
                close: column(price),
                volume: column((minute) => 1_000 + ((minute * 7_919) % 900)),
              },
            ],
          },
        },
      ],
    },
  };
}

async function picture(page, name) {
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
}

const shown = (page) =>
  page.locator("[data-testid=panel]:not([data-state=loading])").first().waitFor();

mkdirSync(FOLDER, { recursive: true });
await withFigcast(async (url, browser) => {
  for (const { name, path, focus, keys = [], ...look } of SCREENS) {
    const context = await browser.newContext(look);
    const page = await context.newPage();
    await page.goto(url + path);
    await shown(page);
    await page.waitForTimeout(SETTLED_MS);
    if (focus !== undefined) await page.getByTestId(focus).focus();
    for (const key of keys) await page.keyboard.press(key);
    await page.waitForTimeout(1_000);
    await picture(page, name);
    await context.close();
  }
});

const { server, state, url: source } = await provider();
await withFigcast(
  async (url, browser) => {
    const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "dark" });
    const page = await context.newPage();
    await page.addInitScript(() => localStorage.setItem("figcast.watchlist", "false"));
    await page.goto(`${url}/chart/ACME`);
    await shown(page);
    await page.waitForTimeout(SETTLED_MS);
    await picture(page, "closed");
    state.fails = true;
    await page.locator("[data-testid=data][data-state=error]").waitFor({ timeout: 120_000 });
    await picture(page, "error");
  },
  ["--source", "yahoo", "--yahoo-base-url", source],
  { FIGCAST_YAHOO__POLL: "2s" },
);
server.close();
