/** The page by keyboard, by voice and by the rules of axe. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, mode, spanOf } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds serious or worse, a line each. */
async function findings(page: Page): Promise<string[]> {
  // Evaluated by the debugger, since the page's policy lets no script of ours in.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

const bar = /^\w{3} \d{1,2} \w{3,4} \d\d:\d\d, price \d+\.\d\d, /;

describe("axe finds nothing serious", () => {
  test.for(["dark", "light"] as const)(
    "in the %s theme",
    async (colorScheme, { server, visit }) => {
      const page = await visit(`${server.url}/chart/AAPL?chart=candlestick&studies=volume,sma:20`, {
        colorScheme,
      });
      await becomes(page, "panel", "chart");
      expect(await findings(page)).toEqual([]);
      await page.getByTestId("chart-keys").focus();
      await page.keyboard.press("?");
      expect(await findings(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByTestId("chart-keys").focus();
      await page.keyboard.press("t");
      await page.getByTestId("table").locator("tbody tr").first().waitFor();
      expect(await findings(page)).toEqual([]);
    },
  );
});

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

  test("+ and Home freeze the view, L follows again, Space pauses, ? helps", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    const whole = spanOf((await drawn(page)).range);
    await page.getByTestId("chart-keys").focus();
    await page.keyboard.press("+");
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await expect
      .poll(async () => spanOf((await drawn(page)).range), DEADLINE)
      .toBeLessThan(whole * 0.7);
    await page.keyboard.press("Home");
    const first = (await drawn(page)).range[0];
    await expect.poll(async () => (await drawn(page)).range[0] <= first, DEADLINE).toBe(true);
    await page.keyboard.press("l");
    await expect.poll(() => mode(page), DEADLINE).toBe("follow");
    await page.keyboard.press("Space");
    await becomes(page, "drawing", "paused");
    const { seq } = await drawn(page);
    const quote = await page.getByTestId("last").textContent();
    await expect.poll(() => page.getByTestId("last").textContent(), DEADLINE).not.toBe(quote);
    expect((await drawn(page)).seq).toBe(seq);
    await page.keyboard.press("Space");
    await expect.poll(async () => (await drawn(page)).seq, DEADLINE).toBeGreaterThan(seq);
    await page.keyboard.press("?");
    expect(await page.getByTestId("help").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.getByTestId("help").isVisible()).toBe(false);
    // The browser's own dialog gives the focus back.
    expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe(
      "application",
    );
  });

  test("every control is reached by Tab, with a frame that can be seen", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await becomes(page, "panel", "chart");
    const reached = new Set<string>();
    for (let press = 0; press < 70; press += 1) {
      await page.keyboard.press("Tab");
      const [name, width] = await page.evaluate(() => {
        const element = document.activeElement;
        // Between the last control and the first the browser itself has the focus.
        if (element === null || element === document.body) return ["", 0] as const;
        const framed = element.matches("input[type=radio]")
          ? (element.parentElement ?? element)
          : element;
        const { outlineStyle, outlineWidth } = getComputedStyle(framed);
        const label = element.getAttribute("aria-label") ?? element.textContent ?? "";
        return [label, outlineStyle === "none" ? 0 : Number.parseFloat(outlineWidth)] as const;
      });
      if (name !== "" && !reached.has(name)) expect(width, `frame of ${name}`).toBeGreaterThan(0);
      reached.add(name);
    }
    for (const name of ["HTD: hour to date", "Pause drawing", "Bars as a table", "Save the chart"]) {
      expect([...reached]).toContain(name);
    }
    expect([...reached].some((name) => name.startsWith("Price chart of"))).toBe(true);
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
