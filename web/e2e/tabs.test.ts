/** One stream for all tabs of a browser, and what becomes of it when a tab or the server goes. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, moves } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { freePort } from "./support/ports.ts";

/** More than the connections that a browser opens to a server on HTTP/1.1. */
const TABS = 8;
const OUTAGE =
  /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY/;

const price = (page: Page) => page.getByTestId("last").first().textContent();
async function ticks(page: Page): Promise<void> {
  const before = await price(page);
  await expect.poll(() => price(page), DEADLINE).not.toBe(before);
}

describe("the tabs of a browser", () => {
  test("share one stream, more of them than a browser has connections", async ({
    start,
    visit,
  }) => {
    const server = await start();
    const { url } = server;
    const first = await visit(`${url}/chart/AAPL`);
    const tabs = [first];
    for (let tab = 1; tab < TABS; tab += 1) {
      const page = await first.context().newPage();
      await page.goto(`${url}/chart/${tab % 2 === 0 ? "AAPL" : `TAB${tab}`}`);
      tabs.push(page);
    }
    for (const page of tabs) {
      await drawn(page);
      await becomes(page, "connection", "live");
    }
    await Promise.all(tabs.map(ticks));
    // The one that it replaced may not have been missed yet.
    await expect.poll(() => server.metric("figcast_streams"), DEADLINE).toBe(1);
  });

  test("go on when the one that has the stream is closed", async ({ start, visit }) => {
    const server = await start();
    const { url } = server;
    const first = await visit(`${url}/chart/AAPL`);
    await drawn(first);
    const second = await first.context().newPage();
    await second.goto(`${url}/chart/MSFT`);
    await drawn(second);
    await first.close();
    await ticks(second);
    await moves(second);
    await becomes(second, "connection", "live");
    await expect.poll(() => server.metric("figcast_streams"), DEADLINE).toBe(1);
  });
});

describe("when the server is started anew", () => {
  test("every tab goes on without a reload", async ({ start, visit }) => {
    const port = await freePort();
    const old = await start({ port });
    const first = await visit(`${old.url}/chart/AAPL`, { expected: OUTAGE });
    await drawn(first);
    const second = await first.context().newPage();
    await second.goto(`${old.url}/chart/MSFT`);
    await drawn(second);
    for (const page of [first, second]) {
      await page.evaluate(() => Reflect.set(window, "figcastLoaded", true));
    }
    await old.kill();
    await becomes(first, "connection", "reconnecting");
    await becomes(second, "connection", "reconnecting");
    await start({ port });
    for (const page of [first, second]) {
      await becomes(page, "connection", "live");
      await ticks(page);
      expect(await page.evaluate(() => Reflect.get(window, "figcastLoaded"))).toBe(true);
    }
  });
});
