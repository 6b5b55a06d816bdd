/** A finger on a small screen: the page scrolls over the chart, two fingers zoom it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, DEADLINE, drawn, mode, spanOf } from "./support/chart.ts";
import { drag } from "./support/fingers.ts";
import { test } from "./support/fixtures.ts";

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
async function middle(page: Page): Promise<[number, number]> {
  await page.getByTestId("chart").evaluate((chart) => chart.scrollIntoView({ block: "center" }));
  const box = await page.getByTestId("chart").boundingBox();
  if (box === null) throw new Error("the chart is not on the screen");
  return [box.x + box.width * 0.4, box.y + box.height * 0.5];
}

test("one finger over the chart scrolls the page", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL`, PHONE);
  await becomes(page, "panel", "chart");
  const session = await page.context().newCDPSession(page);
  const [x, y] = await middle(page);
  const scrolled = () => page.evaluate(() => scrollY);
  const before = await scrolled();
  await drag(session, [
    [
      [x, y],
      [x, y + 120],
    ],
  ]);
  await expect.poll(scrolled, DEADLINE).toBeLessThan(before - 60);
  expect(await mode(page)).toBe("follow");
});

test("one finger across pans, two pinch, a tap puts the cursor", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL`, PHONE);
  const whole = await drawn(page);
  const session = await page.context().newCDPSession(page);
  const [x, y] = await middle(page);

  await page.touchscreen.tap(x, y);
  await expect.poll(() => page.locator(".cross__time").count(), DEADLINE).toBe(1);

  await drag(session, [
    [
      [x - 30, y],
      [x - 90, y],
    ],
    [
      [x + 30, y],
      [x + 90, y],
    ],
  ]);
  await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
  await expect
    .poll(async () => spanOf((await drawn(page)).range), DEADLINE)
    .toBeLessThan(spanOf(whole.range) * 0.5);

  const zoomed = await drawn(page);
  await drag(session, [
    [
      [x, y],
      [x + 80, y],
    ],
  ]);
  await expect
    .poll(async () => (await drawn(page)).range[0] < zoomed.range[0], DEADLINE)
    .toBe(true);
  const panned = spanOf((await drawn(page)).range) / spanOf(zoomed.range);
  expect(panned).toBeCloseTo(1, 2);
});

test("every control is large enough for a finger", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL?studies=sma:20`, PHONE);
  await becomes(page, "panel", "chart");
  const small = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, a, input, select, label")]
      .filter((element) => element.checkVisibility() && element.getClientRects().length > 0)
      .map((element) => [element, element.getBoundingClientRect()] as const)
      .filter(([, { width, height }]) => width > 1 && (width < 44 || height < 44))
      .map(([element, { width, height }]) => {
        const name = element.getAttribute("aria-label") ?? element.textContent ?? element.tagName;
        return `${name}: ${Math.round(width)} x ${Math.round(height)}`;
      }),
  );
  expect(small).toEqual([]);
});
