/** For everyone: no serious finding of axe in either theme, and every control by keyboard. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, drawn } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** Serious and critical findings, each with where it is. */
async function findings(page: Page): Promise<string[]> {
  // By evaluation: the page's policy lets no foreign script in.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const axe = Reflect.get(window, "axe") as { run(): Promise<{ violations: Finding[] }> };
    return (await axe.run()).violations;
  });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
    );
}

describe.each(["dark", "light"] as const)("axe finds nothing serious in the %s theme", (theme) => {
  const SIGHTS: [name: string, path: string, open: (page: Page) => Promise<unknown>][] = [
    ["the page", "/chart/AAPL?chart=candlestick&studies=sma:20,volume", async () => {}],
    ["several charts", "/chart/AAPL?with=MSFT;chart=line", async () => {}],
    [
      "the search",
      "/chart/AAPL",
      async (page) => {
        await page.getByRole("combobox", { name: "Symbol", exact: true }).fill("a");
        await page.getByRole("option").first().waitFor();
      },
    ],
    [
      "the studies",
      "/chart/AAPL?studies=sma:20",
      (page) => page.getByRole("button", { name: /^Studies/ }).click(),
    ],
    [
      "the table of bars",
      "/chart/AAPL?chart=candlestick&studies=volume,sma:20",
      async (page) => {
        await page.getByRole("button", { name: "Bars as a table" }).click();
        await page.getByTestId("table").locator("tbody tr").first().waitFor();
      },
    ],
    [
      "the help",
      "/chart/AAPL",
      (page) => page.getByRole("button", { name: "Keys of the chart" }).click(),
    ],
    [
      "colours and clock",
      "/chart/AAPL",
      (page) => page.getByRole("button", { name: "Colours and clock" }).click(),
    ],
  ];
  test.for(SIGHTS)("of %s", async ([, path, open], { server, visit }) => {
    const page = await visit(`${server.url}${path}`, { colorScheme: theme });
    await page.getByTestId("panel").first().waitFor();
    await expect
      .poll(() => page.getByTestId("panel").first().getAttribute("data-state"), { timeout: 30_000 })
      .toBe("chart");
    await open(page);
    expect(await findings(page)).toEqual([]);
  });
});

test("every control is reached by Tab, and its focus is seen", async ({ server, visit }) => {
  const page = await visit(server.url);
  await drawn(page);
  await becomes(page, "panel", "chart");
  const reached: string[] = [];
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const frame = element.closest(".segment, .radio") ?? element;
      const framed =
        getComputedStyle(frame).outlineStyle !== "none" ||
        getComputedStyle(element, "::after").borderStyle === "solid";
      return {
        name: element.getAttribute("aria-label") ?? element.textContent?.slice(0, 30) ?? "",
        seen: framed || (outlineStyle !== "none" && outlineWidth !== "0px"),
      };
    });
    if (focus === null) break;
    expect(focus.seen, `focus of ${focus.name}`).toBe(true);
    reached.push(focus.name);
  }
  for (const name of [
    "figcast, home",
    "Symbol",
    "Copy link",
    "Interval",
    "Chart type",
    "Save the chart",
  ]) {
    expect(reached).toContain(name);
  }
});
