/** A data provider of the pictures' own: an invented share, in a session that is under way or over. */
import { once } from "node:events";
import { createServer } from "node:http";

const MINUTE = 60;
const SESSION = 390 * MINUTE;
const OFFSET = -5 * 3600;

/** Serves until `stop`; after `fail`, answers 503. The session ends at `end`, in epoch seconds. */
export async function yahooStub(end) {
  let isDown = false;
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    if (isDown) response.writeHead(503).end("{}");
    else response.end(JSON.stringify(chart(end)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    fail: () => {
      isDown = true;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function chart(end) {
  const start = end - SESSION;
  const until = Math.min(end, Math.floor(Date.now() / 1000));
  const timestamp = [];
  for (let time = start; time < until; time += MINUTE) timestamp.push(time);
  // Never the same height twice, and the same chart in every run.
  const price = (minute) =>
    228 +
    3 * Math.sin(minute / 61) +
    1.4 * Math.sin(minute / 17 + 1) +
    0.5 * Math.sin(minute / 3.7) +
    0.2 * Math.sin(minute * 1.9);
  const round = (value) => Math.round(value * 100) / 100;
  const bars = timestamp.map((_, minute) => [price(minute), price(minute + 1)].map(round));
  const period = { timezone: "EST", start, end, gmtoffset: OFFSET };
  const meta = {
    currency: "USD",
    symbol: "FICT",
    exchangeName: "INV",
    fullExchangeName: "InventedX",
    instrumentType: "EQUITY",
    regularMarketTime: until,
    gmtoffset: OFFSET,
    timezone: "EST",
    exchangeTimezoneName: "America/New_York",
    regularMarketPrice: bars.at(-1)[1],
    longName: "Fictional Motors Inc.",
    chartPreviousClose: 226.4,
    previousClose: 226.4,
    priceHint: 2,
    currentTradingPeriod: {
      pre: { ...period, start: start - 3600, end: start },
      regular: period,
      post: { ...period, start: end, end: end + 3600 },
    },
    tradingPeriods: [[period]],
    dataGranularity: "1m",
    range: "1d",
  };
  const quote = {
    open: bars.map(([open]) => open),
    high: bars.map((bar) => round(Math.max(...bar) + 0.06)),
    low: bars.map((bar) => round(Math.min(...bar) - 0.06)),
    close: bars.map(([, close]) => close),
    volume: bars.map((_, minute) => 4000 + ((minute * 7919) % 9000)),
  };
  return { chart: { result: [{ meta, timestamp, indicators: { quote: [quote] } }], error: null } };
}
