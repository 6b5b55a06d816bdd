/** Symbols of which the source does not have what is customary: the page shows what there is. */
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, DEADLINE, drawn, reading } from "./support/chart.ts";
import { ROOT } from "./support/children.ts";
import { test } from "./support/fixtures.ts";

const recording = (symbol: string, file: string) => [
  "--file",
  `${symbol}=${join(ROOT, "tests/fixtures/replay", file)}`,
];
const COARSE = {
  args: [
    ...["--source", "replay", "--timezone", "America/New_York"],
    ...recording("EA", "quarter_hours.csv"),
    ...recording("SPY", "days.csv"),
  ],
};

const shows = (page: Page, view: string) =>
  expect
    .poll(async () => (await reading(page))?.view, DEADLINE)
    .toEqual(expect.stringContaining(view));
const path = (page: Page) => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};
const pressed = (page: Page) =>
  page.getByTestId("ranges").locator("[aria-pressed=true]").allTextContents();

test("a chart of quarter hours begins with them, and its controls say so", async ({
  start,
  visit,
}) => {
  const { url } = await start(COARSE);
  const page = await visit(`${url}/chart/EA`);
  await shows(page, "EA;interval=15m;range=1mo;");
  expect((await drawn(page)).points).toBe(10);
  expect(await page.getByLabel("Interval").inputValue()).toBe("15m");
  expect(await pressed(page)).toEqual(["1M"]);
  await page.getByRole("button", { name: "1D", exact: true }).click();
  await shows(page, "EA;interval=15m;range=1d;");
  expect(path(page)).toBe("/chart/EA?range=1d");
  expect(await pressed(page)).toEqual(["1D"]);
  await page.getByLabel("Interval").selectOption("1h");
  await shows(page, "EA;interval=1h;range=1d;");
  await page.goBack();
  await page.goBack();
  await shows(page, "EA;interval=15m;range=1mo;");
  expect(path(page)).toBe("/chart/EA");
});

test("a chart of days stands alone in a frame", async ({ start, visit }) => {
  const { url } = await start(COARSE);
  const page = await visit(`${url}/chart/SPY?embed=1`);
  await shows(page, "SPY;interval=1d;range=1y;");
  await becomes(page, "panel", "chart");
  expect((await drawn(page)).points).toBe(8);
});

test("what the source does not have is told with what there is, once", async ({ start, visit }) => {
  const { url } = await start(COARSE);
  const page = await visit(`${url}/chart/SPY?range=1d&with=EA`);
  const message = page.getByTestId("message");
  await message.waitFor();
  expect(await message.textContent()).toContain("interval can be 1d, 1wk or 1mo");
  await shows(page, "EA;interval=15m;range=1mo;");
});

test("the same view, chosen and not, is drawn in both places", async ({ start, visit }) => {
  const { url } = await start(COARSE);
  const page = await visit(`${url}/chart/EA?with=EA;interval=15m;range=1mo`);
  const views = () =>
    page
      .locator(".js-plotly-plot")
      .evaluateAll((plots) =>
        (plots as (Element & { layout?: { meta: { view: string } } })[]).map(
          ({ layout }) => layout?.meta.view.split(";session")[0],
        ),
      );
  const view = "EA;interval=15m;range=1mo";
  await expect.poll(views, DEADLINE).toEqual([view, view]);
});

test("a watchlist of them has lines and prices, and asks for nothing but the stream", async ({
  start,
  visit,
}) => {
  const { url } = await start(COARSE);
  const asked: string[] = [];
  const page = await visit(`${url}/chart/EA`, {
    prepare: async (page) => {
      page.on("request", (request) => {
        const { pathname, search } = new URL(request.url());
        asked.push(pathname + search);
      });
      await page.addInitScript(() => {
        localStorage.setItem("figcast.shelf", JSON.stringify({ favourites: ["EA", "SPY"] }));
      });
    },
  });
  await drawn(page);
  await expect
    .poll(() => page.getByTestId("watch-last").allTextContents(), DEADLINE)
    .toEqual(["102.50", "54.75"]);
  expect(await page.getByTestId("watch").locator("svg path").count()).toBeGreaterThanOrEqual(2);
  expect(await page.getByText("unavailable").count()).toBe(0);
  const answers = asked.filter((path) => !path.startsWith("/assets/"));
  // The options of the chart with the server's colours: none of a row of the list.
  expect(answers.filter((path) => path.startsWith("/views"))).toEqual(["/views?symbol=EA"]);
  expect(answers.filter((path) => path.startsWith("/figure"))).toEqual([]);
});
