/** Trading before and after the regular hours, where the source has it. */
import { expect } from "vitest";
import { DEADLINE, drawn, reading } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { stub } from "./support/stub.ts";

/** When there is trading on one day in New York, in epoch seconds. */
const at = (hours: number) => Date.parse("2024-10-02") / 1_000 + hours * 3_600;
const [EARLY, OPEN, CLOSE, LATE] = [at(8), at(13.5), at(20), at(24)];

/** A provider with minutes of that day, and the days before it. */
const provider = () =>
  stub(({ url = "" }, response) => {
    const query = new URL(url, "http://here").searchParams;
    const extended = query.get("includePrePost") === "true";
    const dataGranularity = query.get("interval") ?? "1m";
    const times = [];
    if (dataGranularity === "1d") {
      for (let day = 9; day >= 0; day -= 1) times.push(OPEN - day * 86_400);
    } else {
      // An hour before and an hour after.
      const edge = extended ? 3_600 : 0;
      for (let time = OPEN - edge; time < CLOSE + edge; time += 60) times.push(time);
    }
    const close = times.map((_, index) => 100 + Math.sin(index / 20));
    const period = (start: number, end: number) => ({ start, end, gmtoffset: -14_400 });
    const result = {
      meta: {
        currency: "USD",
        symbol: "FICT",
        exchangeName: "INV",
        instrumentType: "EQUITY",
        exchangeTimezoneName: "America/New_York",
        regularMarketPrice: close.at(-1),
        regularMarketTime: CLOSE,
        priceHint: 2,
        currentTradingPeriod: {
          pre: period(EARLY, OPEN),
          regular: period(OPEN, CLOSE),
          post: period(CLOSE, LATE),
        },
        tradingPeriods: {
          pre: [[period(EARLY, OPEN)]],
          regular: [[period(OPEN, CLOSE)]],
          post: [[period(CLOSE, LATE)]],
        },
        dataGranularity,
      },
      timestamp: times,
      indicators: {
        quote: [{ open: close, high: close, low: close, close, volume: times.map(() => 100) }],
      },
    };
    response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify({ chart: { result: [result], error: null } }));
  });

test("extended hours are a choice that Back undoes, on grounds of their own", async ({
  start,
  stopping,
  visit,
}) => {
  const { url: base } = await stopping(provider());
  const { url } = await start({ args: ["--source", "yahoo", "--yahoo-base-url", base] });
  const page = await visit(`${url}/chart/FICT`);
  const shows = (session: string) =>
    expect
      .poll(async () => (await reading(page))?.view, DEADLINE)
      .toEqual(expect.stringContaining(`;session=${session};`));
  const grounds = () =>
    page.locator(".js-plotly-plot").evaluate((plot) => {
      const { layout } = plot as typeof plot & {
        layout: { shapes?: { name?: string; fillcolor?: string }[] };
      };
      return layout.shapes?.filter(({ fillcolor }) => fillcolor !== undefined) ?? [];
    });

  await shows("regular");
  const regular = (await drawn(page)).points;
  const choice = page.getByRole("button", { name: "Extended hours" });
  await choice.click();
  await shows("extended");
  expect(page.url()).toBe(`${url}/chart/FICT?session=extended`);
  expect(await choice.getAttribute("aria-pressed")).toBe("true");
  expect((await drawn(page)).points).toBe(regular + 120);
  const dark = await grounds();
  expect(dark.map(({ name }) => name)).toEqual(["pre-market", "post-market"]);
  await page.getByLabel("Light theme").check();
  await expect.poll(grounds, DEADLINE).not.toEqual(dark);
  expect((await grounds()).map(({ name }) => name)).toEqual(dark.map(({ name }) => name));

  // Bars of a day know no part of it; the choice waits for shorter ones.
  await page.getByLabel("Interval").selectOption("1d");
  await shows("regular");
  expect(await choice.isDisabled()).toBe(true);
  await page.goBack();
  await shows("extended");
  // The theme's step, and the choice's.
  await page.goBack();
  await page.goBack();
  await shows("regular");
  expect(await choice.getAttribute("aria-pressed")).toBe("false");
});

test("a source that has none offers none", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL`);
  await drawn(page);
  await page.getByLabel("Interval").waitFor();
  expect(await page.getByRole("button", { name: "Extended hours" }).count()).toBe(0);
});
