/** The stream and the chart in Firefox. */
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { DEADLINE } from "./support/chart.ts";
import { hasFirefox, launchFirefox, reaches, textOf } from "./support/firefox.ts";
import { test } from "./support/fixtures.ts";
import { freePort } from "./support/ports.ts";

describe.skipIf(!hasFirefox)("in Firefox", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  async function visit(url: string): Promise<{ page: Page; troubles: string[] }> {
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    await page.goto(url);
    return { page, troubles };
  }
  const ticks = async (page: Page) => {
    const before = await textOf(page, "last");
    await expect.poll(() => textOf(page, "last"), DEADLINE).not.toBe(before);
  };

  test("the chart is drawn, moves, and nothing goes wrong", async ({ server }) => {
    const { page, troubles } = await visit(`${server.url}/chart/AAPL?chart=candlestick`);
    await reaches(page, "panel", "chart");
    await reaches(page, "connection", "live");
    await ticks(page);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test("tabs share one stream, and go on when the server is started anew", async ({ start }) => {
    const port = await freePort();
    const old = await start({ port });
    const first = await visit(`${old.url}/chart/AAPL`);
    await reaches(first.page, "panel", "chart");
    const second = await visit(`${old.url}/chart/MSFT`);
    await reaches(second.page, "panel", "chart");
    await expect.poll(() => old.metric("figcast_streams"), DEADLINE).toBe(1);
    await old.kill();
    await reaches(second.page, "connection", "reconnecting");
    await start({ port });
    for (const { page } of [first, second]) {
      await reaches(page, "connection", "live");
      await ticks(page);
      await page.close();
    }
  });
});
