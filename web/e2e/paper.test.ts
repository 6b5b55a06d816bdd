/** The page where it is not looked at as usual: as a file, on paper, in high contrast, without JavaScript. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

async function saved(page: Page, face: string): Promise<string> {
  await page.getByRole("button", { name: "Save the chart" }).click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: face }).click();
  return (await saving).path();
}

describe("a saved picture", () => {
  test("has the page's font in it, and what is put away stays away", async ({
    browser,
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?studies=sma:20,ema:50&theme=light&zone=utc`);
    await becomes(page, "panel", "chart");
    await page.getByRole("button", { name: /EMA 50/ }).click();
    await expect
      .poll(
        () => page.getByRole("button", { name: /EMA 50/ }).getAttribute("aria-pressed"),
        DEADLINE,
      )
      .toBe("false");
    await expect.poll(() => page.locator(".scatterlayer .trace").count(), DEADLINE).toBe(3);
    const path = await saved(page, "SVG");
    const text = await readFile(path, "utf8");
    expect(text).toContain("SMA 20");
    expect(text).not.toContain("EMA 50");
    expect(text).toContain(">UTC<");
    expect(text).toContain("rgb(255, 255, 255)");

    const alone = await browser.newPage();
    await alone.setContent(`<!doctype html>${text}`);
    const [withFont, without] = await alone.evaluate(async () => {
      const title = document.querySelector<SVGTextElement>(".gtitle");
      await document.fonts.load("700 20px Inter");
      const own = title?.getComputedTextLength();
      document.querySelector("svg style")?.remove();
      return [own, title?.getComputedTextLength()];
    });
    expect(withFont).toBeGreaterThan(0);
    expect(withFont).not.toBeCloseTo(without ?? 0, 1);
    const boxes = await alone.evaluate(() => {
      const box = (selector: string, words: string) => {
        const found = [...document.querySelectorAll<SVGElement>(selector)];
        const { left, right, top, bottom } = (
          found.find(({ textContent }) => textContent === words) as SVGElement
        ).getBoundingClientRect();
        return { left, right, top, bottom };
      };
      const dates = [
        ...document.querySelectorAll(".xtick text, .plot .trace, .gtitle, .gtitle-subtitle"),
      ];
      return {
        mark: box(".annotation-text", "figcast"),
        others: dates.map((one) => {
          const { left, right, top, bottom } = one.getBoundingClientRect();
          return { left, right, top, bottom };
        }),
      };
    });
    const { mark } = boxes;
    const covered = boxes.others.filter(
      (one) =>
        one.left < mark.right &&
        one.right > mark.left &&
        one.top < mark.bottom &&
        one.bottom > mark.top,
    );
    expect(boxes.others.length).toBeGreaterThan(5);
    expect(covered).toEqual([]);
    await alone.close();
  });

  test("as PNG is drawn at twice its size", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await becomes(page, "panel", "chart");
    const png = await readFile(await saved(page, "PNG"));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2560, 1440]);
  });
});

describe("on paper", () => {
  const pages = (pdf: Buffer) => pdf.toString("latin1").match(/\/Type \/Page\b/g)?.length;

  test.for([
    ["/chart/AAPL?studies=volume,rsi:14&theme=dark", 1],
    ["/chart/AAPL?with=MSFT", 2],
  ] as const)(
    "each chart of %s has a page of its own",
    async ([path, count], { server, visit }) => {
      const page = await visit(`${server.url}${path}`);
      await expect
        .poll(() => page.locator(".pane[data-state=chart]").count(), DEADLINE)
        .toBe(count);
      expect(pages(await page.pdf({ preferCSSPageSize: true }))).toBe(count);
      expect(pages(await page.pdf({ format: "A4" }))).toBe(count);
      expect(await page.getByTestId("sheet").first().locator("> svg").count()).toBe(0);
    },
  );

  test("a dark page is light, as wide as the paper and without controls", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?studies=volume,rsi:14&theme=dark`);
    await becomes(page, "panel", "chart");
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 1040, height: 720 });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const sheet = page.getByTestId("sheet").locator("> svg");
    const box = await sheet.boundingBox();
    expect(box?.width).toBeCloseTo(1040, -1);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(720);
    const seen = await page.evaluate(() =>
      [...document.querySelectorAll("header, .toolbar, .tools, .nav, .watchlist, .topline, .plot")]
        .filter((element) => element.checkVisibility())
        .map(({ className }) => className),
    );
    expect(seen).toEqual([]);
    expect(await sheet.locator(".barlayer .point").count()).toBeGreaterThan(100);
    expect(await sheet.locator(".ytick text").count()).toBeGreaterThan(3);
    const colors = await page.evaluate(() => [
      getComputedStyle(document.body).backgroundColor,
      document.querySelector<SVGElement>(".sheet .gtitle")?.style.fill,
    ]);
    expect(colors).toEqual(["rgb(255, 255, 255)", "rgb(17, 22, 31)"]);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect(await sheet.count()).toBe(0);
  });
});

describe("in high contrast", () => {
  test("what is chosen and where the focus is differ from the rest", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL?scale=log&theme=dark`, {
      forcedColors: "active",
      colorScheme: "light",
    });
    await drawn(page);
    // The controls come a moment after the chart.
    const ground = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    for (const [chosen, other] of [
      [".range[aria-pressed=true]", ".range[aria-pressed=false]"],
      [".toolbar .tool[aria-pressed=true]", ".toolbar .tool:not([aria-pressed=true])"],
      [".tools .tool[aria-pressed=true]", ".tools .tool[aria-pressed=false]"],
      [".segment:has(:checked)", ".segment:not(:has(:checked))"],
      [".watch__link[aria-current]", ".watch__link:not([aria-current])"],
    ] as const) {
      expect(await ground(chosen), chosen).not.toBe(await ground(other));
    }
    // The chart follows the system's colours and not the chosen theme.
    expect(await ground(".js-plotly-plot .main-svg")).toBe(await ground("body"));
    await page.keyboard.press("/");
    await page.keyboard.type("a");
    await page.getByRole("option").first().waitFor();
    // Answers come one after the other and move the highlight, so both grounds are read at one moment.
    const differ = () =>
      page.evaluate(() => {
        const [chosen, other] = ["true", "false"].map((is) => {
          const item = document.querySelector(`.search__item[data-highlighted=${is}]`);
          return item && getComputedStyle(item).backgroundColor;
        });
        return chosen && other && chosen !== other;
      });
    await expect.poll(differ, DEADLINE).toBe(true);
    await page.keyboard.press("Escape");
    for (const selector of [".range", ".tool", ".watch__link"]) {
      await page.locator(selector).first().focus();
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement as Element);
        return [outlineStyle, outlineWidth];
      });
      expect(outline, selector).toEqual(["solid", "3px"]);
    }
  });
});

describe("without JavaScript", () => {
  test("the first screen says so, and how to read the data", async ({ browser, server }) => {
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(`${server.url}/chart/MSFT`);
    // Not by their text: Playwright looks for none in a <noscript>.
    const words = page.locator(".plain");
    expect((await words.boundingBox())?.y).toBeLessThan(50);
    expect(await words.textContent()).toMatch(/needs JavaScript.*curl -N http/s);
    const links = words.locator("a");
    expect(await links.count()).toBe(4);
    for (const link of await links.all()) {
      const { status } = await fetch(new URL((await link.getAttribute("href")) ?? "", server.url));
      expect(status).toBe(200);
    }
    await page.close();
  });
});
