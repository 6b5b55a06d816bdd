/** The chart under a moving market: what a reader's hand has set stays set. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  becomes,
  DEADLINE,
  drag,
  drawCounter,
  drawn,
  mode,
  spanOf,
  wheel,
} from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { record, recorded, type Shown } from "./support/recorder.ts";
import { installScript, move } from "./support/script.ts";

const scripted = (speed?: number) => ({
  prepare: (page: Page) => installScript(page, speed === undefined ? {} : { speed }),
});

describe("following", () => {
  test("the window slides with the bars, and the pill leads back to it", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1`, scripted(20));
    await becomes(page, "panel", "chart");
    await page.getByRole("button", { name: "last 15 minutes" }).click();
    await expect.poll(async () => spanOf((await drawn(page)).range), DEADLINE).toBe(15 * 60_000);
    const before = (await drawn(page)).range;
    await move(page, { ticks: 20, every: 30, bar: 5 });
    await expect.poll(async () => (await drawn(page)).range[1], DEADLINE).not.toBe(before[1]);
    expect(spanOf((await drawn(page)).range)).toBe(15 * 60_000);

    // A zoom at the newest bar would go on following.
    await drag(page, 300);
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await move(page, { ticks: 20, every: 30, bar: 5 });
    const pill = page.getByTestId("go-live");
    await expect.poll(() => pill.textContent(), DEADLINE).toContain("Go to live · 4 new bars");
    await pill.click();
    await expect.poll(() => mode(page), DEADLINE).toBe("follow");
    await expect.poll(async () => spanOf((await drawn(page)).range), DEADLINE).toBe(15 * 60_000);
  });

  test("a double click leads back to the newest bars", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1`, scripted());
    await becomes(page, "panel", "chart");
    await wheel(page, 3);
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    await page.locator(".js-plotly-plot .nsewdrag").first().dblclick();
    await expect.poll(() => mode(page), DEADLINE).toBe("follow");
  });

  test("heights fit what is visible, and zero is no part of a mountain", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1`, scripted(20));
    await becomes(page, "panel", "chart");
    await record(page);
    await move(page, { ticks: 5, every: 50, bar: 100 });
    await expect.poll(async () => (await recorded(page)).length, DEADLINE).toBeGreaterThan(0);
    const heights = async () => ((await recorded(page)).at(-1) as Shown).y;
    const whole = await heights();
    await page.getByRole("button", { name: "last 15 minutes" }).click();
    await expect.poll(async () => (await heights()).at(0), DEADLINE).toBeGreaterThan(whole[0]);
    const [low, high] = await heights();
    expect(whole[0]).toBeGreaterThan(0);
    expect(high - low).toBeLessThan(whole[1] - whole[0]);
  });
});

describe("the reader's hand", () => {
  test("zooms with the wheel through ten updates a second without a step back", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1`, scripted());
    await becomes(page, "panel", "chart");
    await record(page);
    const market = move(page, { ticks: 60, every: 100, bar: 20 });
    await wheel(page, 20, -60);
    await market;
    const spans = (await recorded(page)).map(({ x }) => spanOf(x));
    const first = (await recorded(page)).findIndex(({ by }) => by === "hand");
    const since = spans.slice(first);
    expect(since.length).toBeGreaterThan(20);
    for (const [index, length] of since.entries()) {
      expect(length).toBeLessThanOrEqual((since[index - 1] ?? length) + 1);
    }
  });

  test("leaves ranges that stay as they are to the last bit over 200 draws", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1`, scripted(30));
    await becomes(page, "panel", "chart");
    await wheel(page, 3);
    await expect.poll(() => mode(page), DEADLINE).toBe("frozen");
    // The draw that fits the heights.
    await move(page, { ticks: 20, every: 50, bar: 100 });
    await record(page);
    for (let round = 0; round < 60 && (await recorded(page)).length < 200; round += 1) {
      await move(page, { ticks: 20, every: 20, bar: 10 });
    }
    const shown = await recorded(page);
    expect(shown.length).toBeGreaterThanOrEqual(200);
    expect(new Set(shown.map(({ x, y }) => JSON.stringify([x, y]))).size).toBe(1);
  });

  test("hides a line that stays hidden when the next update and another study come", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1&studies=sma:20,ema:50`, scripted());
    await becomes(page, "panel", "chart");
    await page.getByRole("button", { name: /^Hide SMA 20|^SMA 20/ }).click();
    const visible = () =>
      page.evaluate(() =>
        (
          document.querySelector(".js-plotly-plot") as unknown as {
            data: { uid: string; visible?: unknown }[];
          }
        ).data
          .filter(({ visible }) => visible === undefined || visible === true)
          .map(({ uid }) => uid),
      );
    await expect.poll(visible, DEADLINE).toEqual(["baseline", "price", "ema-50-ema"]);
    await move(page, { ticks: 10, every: 100, bar: 5 });
    expect(await visible()).toEqual(["baseline", "price", "ema-50-ema"]);
    await page.evaluate(() => {
      history.pushState(null, "", "?embed=1&studies=sma:20,ema:50,rsi:14");
      dispatchEvent(new PopStateEvent("popstate"));
    });
    await expect.poll(visible, DEADLINE).toEqual(["baseline", "price", "ema-50-ema", "rsi-14-rsi"]);
  });
});

describe("a tab that is not looked at", () => {
  test("draws nothing over ten minutes of updates, and once on return", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL?embed=1`, scripted(30));
    await becomes(page, "panel", "chart");
    await move(page, { ticks: 5, every: 50, bar: 100 });
    const draws = await drawCounter(page);
    const turn = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await turn(true);
    const atRest = await draws();
    await move(page, { ticks: 600, every: 10, bar: 60 });
    expect(await draws()).toBe(atRest);
    await turn(false);
    await expect.poll(draws, DEADLINE).toBe(atRest + 1);
    // Whatever else was due on return would be drawn on one of these.
    await page.evaluate(async () => {
      for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
    });
    expect(await draws()).toBe(atRest + 1);
  });
});

describe("a slow machine", () => {
  test("six times slower shows the newest price within two seconds and has no backlog", async ({
    server,
    visit,
  }) => {
    const page = await visit(
      `${server.url}/chart/AAPL?chart=candlestick&studies=volume,sma:20,bb`,
      {
        ...scripted(),
      },
    );
    await becomes(page, "panel", "chart");
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 6 });
    const last = await move(page, { ticks: 60, every: 100, bar: 20 });
    const told = Date.now();
    await expect
      .poll(() => page.getByTestId("price-label").textContent(), { timeout: 10_000, interval: 50 })
      .toContain(last.toFixed(2));
    const label = Date.now() - told;
    await expect
      .poll(async () => (await drawnClose(page)).toFixed(2), { timeout: 10_000, interval: 50 })
      .toBe(last.toFixed(2));
    const chart = Date.now() - told;
    console.info(`newest price after ${label} ms, on the chart after ${chart} ms`);
    expect(label).toBeLessThan(2_000);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  });
});

describe("a saved chart", () => {
  test.for([
    ["PNG", "png", (bytes: Buffer) => bytes.subarray(1, 4).toString() === "PNG"],
    ["SVG", "svg", (bytes: Buffer) => bytes.toString().includes("as of")],
    ["CSV", "csv", (bytes: Buffer) => bytes.toString().startsWith("time,open,high,low,close,")],
    ["JSON", "json", (bytes: Buffer) => JSON.parse(bytes.toString()).layout.meta !== undefined],
  ] as const)(
    "as %s has its symbol and as-of in its name, under the page's policy",
    async ([face, ending, isRight], { server, visit }) => {
      const page = await visit(`${server.url}/chart/AAPL?chart=candlestick&studies=sma:20`, {
        acceptDownloads: true,
      });
      await becomes(page, "panel", "chart");
      await page.getByRole("button", { name: "Save the chart" }).click();
      const saving = page.waitForEvent("download");
      await page.getByRole("button", { name: face }).click();
      const file = await saving;
      expect(file.suggestedFilename()).toMatch(
        new RegExp(`^AAPL_\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d.*\\.${ending}$`),
      );
      const bytes = await readFile(await file.path());
      expect(bytes.length).toBeGreaterThan(5_000);
      expect(isRight(bytes)).toBe(true);
    },
  );
});

/** The close that is on the screen. */
function drawnClose(page: Page): Promise<number> {
  return page.evaluate(() => {
    const plot = document.querySelector(".js-plotly-plot") as unknown as {
      data: { uid: string; close: number[] }[];
    };
    return plot.data.find(({ uid }) => uid === "forming")?.close.at(-1) ?? Number.NaN;
  });
}
