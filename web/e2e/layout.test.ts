/** The page on screens of many sizes: the chart has its room, and nothing stands on anything else. */
import { describe, expect } from "vitest";
import { overlaps } from "./support/boxes.ts";
import { becomes, DEADLINE } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

const STUDIES = "/chart/AAPL?chart=candlestick&studies=sma:20,ema:50,volume";
const TOUCH = { hasTouch: true, isMobile: true };

describe("one chart", () => {
  test("has 480 pixels of a low screen's 720, and nothing overlaps", async ({ server, visit }) => {
    const page = await visit(`${server.url}${STUDIES}`, { viewport: { width: 1280, height: 720 } });
    await becomes(page, "panel", "chart");
    expect((await page.locator(".plot").boundingBox())?.height).toBeGreaterThanOrEqual(480);
    expect(await overlaps(page)).toEqual([]);
    for (const [width, height] of [
      [1920, 1080],
      [1024, 600],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await overlaps(page), `${width} x ${height}`).toEqual([]);
    }
  });

  test("fills the first screen of a phone that lies on its side", async ({ server, visit }) => {
    const page = await visit(`${server.url}${STUDIES}`, {
      viewport: { width: 844, height: 390 },
      ...TOUCH,
    });
    await becomes(page, "panel", "chart");
    const { y = 0, height = 0 } = (await page.locator(".plot").boundingBox()) ?? {};
    expect(y + height).toBeLessThanOrEqual(390);
    expect(height).toBeGreaterThan(390 * 0.7);
    expect(await overlaps(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(844);
  });

  test("has its numbers in one line on a phone, above the bars", async ({ server, visit }) => {
    const page = await visit(`${server.url}${STUDIES}`, {
      viewport: { width: 390, height: 844 },
      ...TOUCH,
    });
    await becomes(page, "panel", "chart");
    const box = (await page.getByTestId("chart-keys").boundingBox()) ?? { x: 0, y: 0 };
    const lines = async () => {
      const words = page.getByTestId("readout-yaxis").locator("b, .readout__bar span");
      const boxes = await Promise.all((await words.all()).map((word) => word.boundingBox()));
      return boxes.flatMap((one) => (one === null ? [] : [one.y + one.height - box.y]));
    };
    const top = await page.evaluate(() => {
      const plot = document.querySelector(".js-plotly-plot") as unknown as {
        _fullLayout: { yaxis: { _offset: number } };
      };
      return plot._fullLayout.yaxis._offset;
    });
    expect((await lines()).length).toBe(2);
    expect(Math.max(...(await lines()))).toBeLessThanOrEqual(top);
    await page.touchscreen.tap(box.x + 150, box.y + 150);
    await page.locator(".cross__time").waitFor();
    expect((await lines()).length).toBeGreaterThan(5);
    expect(Math.max(...(await lines()))).toBeLessThanOrEqual(top);
    expect(await overlaps(page)).toEqual([]);
  });
});

test("several charts of a grid have their words beside each other", async ({ server, visit }) => {
  const others = ["MSFT", "NVDA", "BTC-USD"];
  const path = `/chart/AAPL?${others.map((symbol) => `with=${symbol}`).join("&")}`;
  const page = await visit(server.url + path);
  await expect.poll(() => page.locator(".pane[data-state=chart]").count(), DEADLINE).toBe(4);
  for (const [width, height] of [
    [1280, 800],
    [768, 1024],
  ] as const) {
    await page.setViewportSize({ width, height });
    expect(await overlaps(page), `${width} x ${height}`).toEqual([]);
  }
});
