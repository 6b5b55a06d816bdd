/** The chart by keyboard and in words. */
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, mode, spanOf } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

const bar = /^\w{3} \d{1,2} \w{3,4} \d\d:\d\d, price \d+\.\d\d, /;

describe("by keyboard", () => {
  test("arrows move a cursor from bar to bar, and each is spoken", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await becomes(page, "panel", "chart");
    await page.getByTestId("chart-keys").focus();
    const spoken = page.getByTestId("spoken");
    const said: (string | null)[] = [];
    for (let step = 0; step < 3; step += 1) {
      await page.keyboard.press("ArrowLeft");
      await expect.poll(() => spoken.textContent(), DEADLINE).not.toBe(said.at(-1) ?? "");
      said.push(await spoken.textContent());
    }
    for (const sentence of said) expect(sentence).toMatch(bar);
    expect(new Set(said).size).toBe(3);
    expect(await page.getByTestId("readout").textContent()).toContain(
      said.at(-1)?.split(",")[0] ?? "nothing was said",
    );
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator(".cross__time").count(), DEADLINE).toBe(0);
  });

  test("+ goes on following, Home freezes, End and L follow again, Space pauses, ? helps", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    const whole = spanOf((await drawn(page)).range);
    await page.getByTestId("chart-keys").focus();
    await page.keyboard.press("+");
    await expect
      .poll(async () => spanOf((await drawn(page)).range), DEADLINE)
      .toBeLessThan(whole * 0.7);
    expect(await mode(page)).toBe("follow");
    const first = (await drawn(page)).range[0];
    await page.keyboard.press("Home");
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await expect.poll(async () => (await drawn(page)).range[0] < first, DEADLINE).toBe(true);
    await page.keyboard.press("End");
    await expect.poll(() => mode(page), DEADLINE).toBe("follow");
    await expect.poll(async () => (await drawn(page)).range[0] <= first, DEADLINE).toBe(true);
    await page.keyboard.press("+");
    await page.keyboard.press("Home");
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await page.keyboard.press("l");
    await expect.poll(() => mode(page), DEADLINE).toBe("follow");
    await page.keyboard.press("Space");
    await becomes(page, "drawing", "paused");
    const { second } = await drawn(page);
    const quote = await page.getByTestId("last").textContent();
    await expect.poll(() => page.getByTestId("last").textContent(), DEADLINE).not.toBe(quote);
    expect((await drawn(page)).second).toBe(second);
    await page.keyboard.press("Space");
    await expect.poll(async () => (await drawn(page)).second, DEADLINE).toBeGreaterThan(second);
    await page.keyboard.press("?");
    expect(await page.getByTestId("help").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.getByTestId("help").isVisible()).toBe(false);
    // The browser's own dialog gives the focus back.
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe(
      "application",
    );
  });
});

test("the table has the visible bars, the newest first", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL?chart=candlestick&studies=sma:20`);
  await becomes(page, "panel", "chart");
  await page.getByRole("button", { name: "last 15 minutes" }).click();
  await page.getByRole("button", { name: "Bars as a table" }).click();
  const table = page.getByTestId("table");
  await expect.poll(() => table.locator("tbody tr").count(), DEADLINE).toBe(15);
  expect(await table.locator("thead th").allTextContents()).toEqual([
    "time (UTC)",
    "open",
    "high",
    "low",
    "close",
    "change",
    "SMA 20",
  ]);
});

test("nothing moves for those who asked for that", async ({ server, visit }) => {
  const page = await visit(server.url, { reducedMotion: "reduce" });
  await becomes(page, "panel", "chart");
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});
