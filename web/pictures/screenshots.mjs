/** The page as people see it: docs/screenshots. */
import { mkdirSync } from "node:fs";
import { withFigcast } from "./figcast.mjs";
import { yahooStub } from "./yahoo.mjs";

const FOLDER = "../docs/screenshots";
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const CANDLES = "chart=candlestick&studies=volume,ema:50,bb:20:2,rsi:14";
const HOUR = 3600;
/** Charts are drawn at most twice a second, and their last touches come with the next draw. */
const SETTLED_MS = 1500;

const SCREENS = [
  { name: "desktop-dark", path: `/chart/AAPL?${CANDLES}`, colorScheme: "dark", ...DESKTOP },
  { name: "desktop-light", path: "/chart/AAPL", colorScheme: "light", ...DESKTOP },
  {
    name: "grid",
    path: "/chart/AAPL?with=MSFT;chart=candlestick;studies=volume&with=NVDA&with=BTC-USD;chart=candlestick",
    colorScheme: "dark",
    ...DESKTOP,
    act: (page) => page.mouse.move(420, 320),
  },
  { name: "mobile", path: "/chart/BTC-USD", colorScheme: "dark", ...PHONE },
  { name: "not-found", path: "/chart/NOPE", colorScheme: "dark", ...DESKTOP },
  {
    name: "search",
    path: "/chart/AAPL",
    colorScheme: "light",
    ...DESKTOP,
    act: async (page) => {
      for (const key of ["/", "a"]) await page.keyboard.press(key);
    },
  },
  {
    name: "keyboard-focus",
    path: "/chart/AAPL?chart=candlestick",
    colorScheme: "light",
    ...DESKTOP,
    act: async (page) => {
      await page.keyboard.press("Tab");
      await page.getByTestId("chart-keys").focus();
      await page.keyboard.press("+");
      await page.waitForTimeout(SETTLED_MS);
      for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowLeft");
    },
  },
];

async function take(browser, url, { name, path, act = async () => {}, ...look }) {
  const context = await browser.newContext(look);
  const page = await context.newPage();
  await page.goto(url + path);
  await page.locator("[data-testid=panel]:not([data-state=loading])").first().waitFor();
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[data-testid=watch-last]")].every(
      (last) => last.textContent !== "–",
    ),
  );
  await page.waitForTimeout(SETTLED_MS);
  await act(page);
  await page.waitForTimeout(SETTLED_MS);
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
  await context.close();
}

/** A chart of the stub's share; `act` has the stub, too. */
async function takeOfYahoo(end, { act = async () => {}, ...screen }) {
  const yahoo = await yahooStub(end);
  const options = {
    args: ["--source", "yahoo", "--yahoo-base-url", yahoo.url],
    env: { FIGCAST_YAHOO__POLL: "1s", FIGCAST_YAHOO__REQUEST_RATE: "20" },
  };
  const work = (url, browser) => take(browser, url, { ...screen, act: (page) => act(page, yahoo) });
  await withFigcast(work, options).finally(yahoo.stop);
}

mkdirSync(FOLDER, { recursive: true });
await withFigcast(async (url, browser) => {
  for (const screen of SCREENS) await take(browser, url, screen);
});
const now = Math.floor(Date.now() / 60_000) * 60;
const share = "/chart/FICT?embed=1&chart=candlestick&studies=volume";
await takeOfYahoo(now - 7 * HOUR, {
  name: "closed",
  path: share,
  colorScheme: "light",
  ...DESKTOP,
});
await takeOfYahoo(now + 2 * HOUR, {
  name: "error",
  path: share,
  colorScheme: "dark",
  ...DESKTOP,
  act: async (page, yahoo) => {
    yahoo.fail();
    await page.getByTestId("banner").waitFor();
  },
});
