/** A chart in pages of other people, as wide as a phone's column, an article and a screen: docs/screenshots. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { withFigcast } from "./figcast.mjs";

const FOLDER = "../docs/screenshots";
const WIDTHS = [300, 600, 1200];
const HEIGHTS = { 300: 260, 600: 400, 1200: 520 };
const PLOTLY = createRequire(import.meta.url).resolve("plotly.js-finance-dist-min");
/** Charts are drawn at most twice a second, and their last touches come with the next draw. */
const SETTLED_MS = 8000;
const GROUND = { light: "#fff", dark: "#111" };
const CANDLES = "chart=candlestick&studies=volume,sma:20";

const head = (theme) =>
  `<!doctype html><meta charset="utf-8"><style>body { margin: 0; background: ${GROUND[theme]} }</style>`;

/** What a web developer writes, each as a whole page. */
const PAGES = {
  line: (url, theme, height) => `${head(theme)}<script src="/plotly.js"></script>
    <div id="chart" style="height: ${height}px"></div>
    <script>new EventSource("${url}/stream/AAPL?theme=${theme}").onmessage = e => Plotly.react("chart", JSON.parse(e.data))</script>`,
  tag: (url, theme, height) => `${head(theme)}<script src="${url}/embed.js" async></script>
    <figcast-chart symbol="AAPL" chart="candlestick" studies="volume,sma:20" style="height: ${height}px"></figcast-chart>`,
  frame: (
    url,
    theme,
    height,
  ) => `${head(theme)}<iframe src="${url}/chart/AAPL?embed=1&${CANDLES}&theme=${theme}"
    style="width: 100%; height: ${height}px; border: 0; display: block"></iframe>`,
};

const sheet = (
  kind,
  theme,
) => `${head(theme)}<style>body { display: flex; gap: 16px; padding: 8px }</style>
  ${WIDTHS.map((width) => frame(kind, theme, width)).join("")}`;

const frame = (kind, theme, width) =>
  `<iframe src="/${kind}/${theme}/${width}" style="width: ${width}px; height: ${HEIGHTS[width]}px; border: 0"></iframe>`;

/** Another site than figcast's, which is there before it knows the address of that. */
const plotly = await readFile(PLOTLY);
let figcast = "";
const site = createServer((request, response) => {
  const [, kind, theme, width] = request.url.split("/");
  if (kind === "plotly.js") return response.end(plotly);
  response.setHeader("Content-Type", "text/html");
  return response.end(
    width === undefined ? sheet(kind, theme) : PAGES[kind](figcast, theme, HEIGHTS[width]),
  );
});
await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${site.address().port}`;

async function take(browser, kind, colorScheme) {
  const viewport = { width: WIDTHS.reduce((all, width) => all + width + 20, 0), height: 540 };
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  await page.goto(`${origin}/${kind}/${colorScheme}`);
  await page.waitForTimeout(SETTLED_MS);
  await page.screenshot({ path: `${FOLDER}/embedded-${kind}-${colorScheme}.png` });
  await context.close();
}

await withFigcast(
  async (url, browser) => {
    figcast = url;
    for (const kind of Object.keys(PAGES)) {
      for (const colorScheme of Object.keys(GROUND)) await take(browser, kind, colorScheme);
    }
  },
  { env: { FIGCAST_SERVER__FRAME_ANCESTORS: origin } },
).finally(() => site.close());
