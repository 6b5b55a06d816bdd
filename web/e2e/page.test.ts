/** The page in a browser, on the simulated market. */
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawCounter, drawn, moves, reading } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

/** How Chromium reports the 404 that a test asks for. */
const NOT_FOUND = /status of 404/;

describe("the chart", () => {
  test("is drawn and moves, and three chips say so", async ({ server, visit }) => {
    const page = await visit(server.url);
    await becomes(page, "panel", "chart");
    for (const [chip, state] of [
      ["connection", "live"],
      ["data", "fresh"],
      ["session", "open"],
    ] as const) {
      await becomes(page, chip, state);
    }
    const before = await drawn(page);
    expect(before.view).toMatch(
      /^AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme=dark;/,
    );
    expect(before.points).toBe(390);
    const after = await moves(page);
    expect(after.second).toBeGreaterThan(before.second);
    expect(await page.getByTestId("last").textContent()).toMatch(/^\d+\.\d\d$/);
    expect(await page.title()).toMatch(/^AAPL \d+\.\d\d [▲▼■] [+−]?\d+\.\d\d% · figcast$/);
  });

  test("of another symbol has its own address, in the box, in links and on the way back", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/MSFT`);
    const shows = async (symbol: string, path: string) => {
      await expect
        .poll(async () => (await reading(page))?.view.split(";")[0], DEADLINE)
        .toBe(symbol);
      await becomes(page, "panel", "chart");
      expect(await page.getByTestId("symbol").textContent()).toBe(symbol);
      expect(new URL(page.url()).pathname).toBe(path);
    };
    await shows("MSFT", "/chart/MSFT");
    await page.getByRole("combobox", { name: "Symbol", exact: true }).fill("brk-b");
    await page.keyboard.press("Enter");
    await shows("BRK-B", "/chart/BRK-B");
    await page.getByRole("link", { name: /^EURUSD=X/ }).click();
    await shows("EURUSD=X", "/chart/EURUSD=X");
    await page.goBack();
    await shows("BRK-B", "/chart/BRK-B");
    await page.goBack();
    await shows("MSFT", "/chart/MSFT");
    await page.goForward();
    await shows("BRK-B", "/chart/BRK-B");
    await moves(page);
  });

  test("turns light at once, in page and figure, and stays light", async ({ server, visit }) => {
    const page = await visit(server.url);
    const surface = () =>
      page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        document.querySelector<SVGElement>(".js-plotly-plot .main-svg")?.style.background,
      ]);
    const { view } = await drawn(page);
    expect(await surface()).toEqual(["rgb(12, 15, 20)", "rgb(12, 15, 20)"]);
    await page.getByLabel("Light theme").check();
    await expect.poll(surface, DEADLINE).toEqual(["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
    await moves(page);
    expect(new URL(page.url()).search).toBe("?theme=light");
    await page.goto(server.url);
    // One figure for all: the colours are the page's affair.
    expect((await drawn(page)).view).toBe(view);
    expect(await surface()).toEqual(["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
  });

  test("rests in a hidden tab and is drawn once on return", async ({ server, visit }) => {
    const page = await visit(server.url);
    const turn = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    const quote = () => page.getByTestId("last").textContent();
    await drawn(page);
    const draws = await drawCounter(page);
    await expect.poll(draws, DEADLINE).toBeGreaterThan(0);
    await turn(true);
    const atRest = await draws();
    const left = await quote();
    const { second } = await drawn(page);
    // The stream goes on meanwhile: the quote follows it.
    await expect.poll(quote, DEADLINE).not.toBe(left);
    const later = await quote();
    await expect.poll(quote, DEADLINE).not.toBe(later);
    expect(await draws()).toBe(atRest);
    expect((await drawn(page)).second).toBe(second);
    await turn(false);
    await expect.poll(draws, DEADLINE).toBe(atRest + 1);
    expect((await drawn(page)).second).toBeGreaterThan(second + 1);
  });
});

describe("a mistake", () => {
  test("in the address is explained, with a way on", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/a%20b`);
    const message = page.getByTestId("message");
    expect(await message.getAttribute("data-kind")).toBe("bad-symbol");
    expect(await message.textContent()).toContain("“A B” is not a symbol.");
    await message.getByRole("link", { name: "MSFT" }).click();
    await becomes(page, "panel", "chart");
  });

  test("that only the server knows of is told in its words", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/NOPE1`, { expected: NOT_FOUND });
    const message = page.getByTestId("message");
    await message.waitFor();
    expect(await message.getAttribute("data-kind")).toBe("not-found");
    expect(await message.textContent()).toContain("NOPE1 is not known to sim");
    await becomes(page, "connection", "ended");
    await message.getByRole("link", { name: "AAPL" }).click();
    await becomes(page, "panel", "chart");
    await becomes(page, "connection", "live");
  });
});

describe("a small touch screen", () => {
  const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

  test.for([
    ["/", "chart"],
    ["/chart/a%20b", "message"],
    ["/chart/NOPE1", "message"],
  ] as const)("shows %s without scrolling sideways", async ([path, id], { server, visit }) => {
    const page = await visit(`${server.url}${path}`, { ...PHONE, expected: NOT_FOUND });
    await page.getByTestId(id).waitFor();
    if (id === "chart") await drawn(page);
    const width = () => page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    expect(await width()).toEqual([360, 360]);
    if (id === "chart") {
      await moves(page);
      expect(await width()).toEqual([360, 360]);
    }
  });
});

describe("the page's policy", () => {
  test("forbids what the page does not need", async ({ server, visit }) => {
    const page = await visit(server.url, { expected: /Content Security Policy|violates/ });
    const violations = await page.evaluate(async () => {
      const seen: string[] = [];
      const both = new Promise<string[]>((resolve) =>
        document.addEventListener("securitypolicyviolation", (event) => {
          if (seen.push(event.effectiveDirective) === 2) resolve(seen);
        }),
      );
      const style = document.createElement("style");
      style.textContent = "p { color: red }";
      document.head.append(style);
      await fetch("http://127.0.0.1:9/").catch(() => {});
      return both;
    });
    expect(violations.toSorted()).toEqual(["connect-src", "style-src-elem"]);
  });
});
