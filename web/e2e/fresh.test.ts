/** A page that says so when what it shows may be old, and every way back from there. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, mode, wheel } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

const SLOW = { timeout: 50_000, interval: 200 };
const address = (page: Page) => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};
const isFresh = (page: Page) => page.getByTestId("price").getAttribute("data-fresh");
const oldPrices = (page: Page) =>
  page
    .getByTestId("watch")
    .evaluateAll((rows) => rows.filter((row) => row.matches('[data-fresh="false"]')).length);

describe("a server that hangs", () => {
  test("is told within half a minute, by chip, price, watchlist and chart", async ({
    start,
    visit,
  }) => {
    const server = await start();
    const page = await visit(`${server.url}/chart/AAPL`, { expected: /./ });
    await becomes(page, "panel", "chart");
    await becomes(page, "connection", "live");
    const rows = await page.getByTestId("watch").count();
    const prices = () => page.getByTestId("watch-last").allTextContents();
    await expect.poll(prices, DEADLINE).not.toContain("–");
    expect(await isFresh(page)).toBe("true");
    server.freeze();
    try {
      const chip = page.getByTestId("connection");
      await expect.poll(() => chip.getAttribute("data-state"), SLOW).toBe("silent");
      expect(await chip.textContent()).toMatch(/^No word from the server for \d+ s$/);
      expect(await page.getByText("Live", { exact: true }).count()).toBe(0);
      await expect.poll(() => isFresh(page), DEADLINE).toBe("false");
      await expect.poll(() => oldPrices(page), DEADLINE).toBe(rows);
      expect(await page.title()).toContain("not live");
      expect(await page.getByTestId("chart-keys").getAttribute("data-dimmed")).toBe("true");

      // The chart that is on the screen is not the one that is chosen now, and says so.
      await page.getByRole("button", { name: "5D" }).click();
      const panel = page.getByTestId("panel");
      await expect.poll(() => panel.getAttribute("data-former"), DEADLINE).toBe("true");
      expect(await page.getByTestId("banner").textContent()).toContain("former chart");
    } finally {
      server.thaw();
    }
    await becomes(page, "connection", "live");
    await expect.poll(async () => (await drawn(page)).view, DEADLINE).toContain("range=5d");
    await expect.poll(() => oldPrices(page), DEADLINE).toBe(0);
    expect(await page.getByTestId("panel").getAttribute("data-former")).toBe("false");
  }, 120_000);
});

describe("a question that fails", () => {
  test("for the controls is asked again, and no other symbol's are shown", async ({
    server,
    visit,
  }) => {
    let refused = 0;
    const page = await visit(`${server.url}/chart/AAPL`, {
      expected: /502/,
      prepare: async (page) => {
        await page.route("**/views?symbol=MSFT", (route) => {
          refused += 1;
          return refused === 1 ? route.fulfill({ status: 502, body: "<html>" }) : route.continue();
        });
      },
    });
    const controls = (symbol: string) => page.getByRole("toolbar", { name: `Chart of ${symbol}` });
    await controls("AAPL").waitFor();
    await page.getByRole("link", { name: /^MSFT/ }).click();
    await expect.poll(() => controls("AAPL").count(), DEADLINE).toBe(0);
    await controls("MSFT").waitFor();
    expect(refused).toBe(2);
  });

  test("for a search is told in words, asked again, and forgotten when typing goes on", async ({
    server,
    visit,
  }) => {
    let away = true;
    const page = await visit(server.url, {
      expected: /Failed to load/,
      prepare: async (page) => {
        await page.route("**/search?*", (route) => (away ? route.abort() : route.continue()));
      },
    });
    const box = page.getByRole("combobox", { name: "Symbol", exact: true });
    await box.fill("microsof");
    const note = page.getByTestId("search-note");
    await expect
      .poll(() => note.allTextContents(), DEADLINE)
      .toEqual(["The server cannot be reached. Trying again."]);
    await box.press("End");
    await page.keyboard.type("t");
    expect(await note.count()).toBe(0);
    away = false;
    await page.getByRole("option", { name: /^MSFT/ }).waitFor();
  });
});

describe("a compared symbol that does not exist", () => {
  const path = "/chart/AAPL?compare=MSFT,NOPE1";

  test("is named, and every way on leaves it behind", async ({ server, visit }) => {
    const page = await visit(`${server.url}${path}`);
    await becomes(page, "panel", "chart");
    const named = page.getByTestId("left-out");
    await expect
      .poll(() => named.allTextContents(), DEADLINE)
      .toEqual([expect.stringContaining("NOPE1 is left out of the comparison")]);
    await page.getByRole("button", { name: "Compare" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.textContent()).toContain("NOPE1is left out");
    await dialog.getByRole("button", { name: "Remove NOPE1" }).click();
    await expect.poll(() => address(page), DEADLINE).toBe("/chart/AAPL?compare=MSFT");
    await page.keyboard.press("Escape");
    await expect.poll(() => named.count(), DEADLINE).toBe(0);
    await page.goBack();
    await page.getByRole("button", { name: "Remove NOPE1 from the comparison" }).click();
    await expect.poll(() => address(page), DEADLINE).toBe("/chart/AAPL?compare=MSFT");
    await page.goBack();
    await expect.poll(() => named.count(), DEADLINE).toBe(1);
    await page.getByRole("link", { name: /^NVDA/ }).click();
    await expect.poll(() => address(page), DEADLINE).toBe("/chart/NVDA?compare=MSFT");
  });
});

describe("a stretch of time", () => {
  test("stays through a reload, and Back and Forward leave it and come back", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await becomes(page, "panel", "chart");
    await wheel(page, 4);
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await expect.poll(() => address(page), DEADLINE).toMatch(/\?from=[\d:TZ-]+&to=[\d:TZ-]+$/);
    const there = address(page);
    const range = async () =>
      (await drawn(page)).range.map((bound) => bound.slice(0, 16).replace(" ", "T"));
    const before = await range();
    await page.reload();
    await expect.poll(range, DEADLINE).toEqual(before);
    expect(await mode(page)).toBe("frozen");
    expect(address(page)).toBe(there);
    await page.goBack();
    await expect.poll(() => mode(page), DEADLINE).toBe("follow");
    await page.goForward();
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await expect.poll(range, DEADLINE).toEqual(before);
    await page.getByTestId("go-live").click();
    await expect.poll(() => address(page), DEADLINE).toBe("/chart/AAPL");
  });

  test("ends at the first bar, however far the chart is dragged", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await becomes(page, "panel", "chart");
    const [start] = (await drawn(page)).range;
    await wheel(page, 4);
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    const box = await page.locator(".js-plotly-plot .nsewdrag").first().boundingBox();
    if (box === null) throw new Error("the chart has no area to drag");
    for (let turn = 0; turn < 3; turn += 1) {
      await page.mouse.move(box.x + 20, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width - 20, box.y + box.height / 2, { steps: 5 });
      await page.mouse.up();
    }
    await expect
      .poll(async () => (await drawn(page)).range[0].slice(0, 19).replace(" ", "T"), DEADLINE)
      .toBe(start.slice(0, 19));
  });
});
