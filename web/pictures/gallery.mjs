/** One sheet with every kind of figure, drawn by Plotly alone: docs/gallery.png. */
import { createRequire } from "node:module";
import { withFigcast } from "./figcast.mjs";

const COLUMNS = 3;
const [WIDTH, HEIGHT] = [640, 440];
const SHEET = "../docs/gallery.png";

const FIGURES = [
  "theme=dark",
  "chart=line&theme=light&range=5d",
  "chart=candlestick",
  "chart=candlestick&studies=sma:20,ema:50,bb:20:2,vwap",
  "chart=ohlc&theme=light&palette=red-up&studies=volume",
  "chart=heikin-ashi&palette=red-green&scale=log",
  "chart=candlestick&studies=volume,rsi,macd,stoch,sma:20",
  "theme=light&studies=volume,obv",
  "chart=candlestick&theme=light&palette=blue-orange&studies=bb,atr,wma:30",
  "compare=MSFT,GOOG,NVDA",
  "chart=candlestick&theme=light&compare=MSFT&studies=sma:20,volume",
  "range=1y&compare=MSFT,GOOG,NVDA,AMZN&studies=sma:50,rsi",
];

await withFigcast(async (url, browser) => {
  const rows = Math.ceil(FIGURES.length / COLUMNS);
  const viewport = { width: COLUMNS * WIDTH, height: rows * HEIGHT };
  const page = await browser.newPage({ viewport });
  const plotly = createRequire(import.meta.url).resolve("plotly.js-finance-dist-min");
  await page.addScriptTag({ path: plotly });
  await page.addStyleTag({
    content: `body { margin: 0; display: grid; grid-template-columns: repeat(${COLUMNS}, ${WIDTH}px) }`,
  });
  for (const query of FIGURES) {
    const response = await fetch(`${url}/figure/AAPL?${query}`);
    if (!response.ok) throw new Error(`${query}: ${await response.text()}`);
    await page.evaluate(
      async ({ figure, width, height }) => {
        const box = document.createElement("div");
        document.body.append(box);
        const layout = { ...figure.layout, width, height };
        await globalThis.Plotly.newPlot(box, figure.data, layout, { staticPlot: true });
      },
      { figure: await response.json(), width: WIDTH, height: HEIGHT },
    );
  }
  await page.screenshot({ path: SHEET });
});
