/** Everything that is chosen stands in the address: controls, Back, links, and what an address shows. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, moves } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

const address = (page: Page) => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};
/** The keys of the views that are drawn, place by place. */
const keys = (page: Page) =>
  page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement & { layout?: { meta: { view: string } } }>(
        ".js-plotly-plot",
      ),
    ].map((plot) => plot.layout?.meta.view ?? ""),
  );
const shows = async (page: Page, path: string, ...views: string[]) => {
  await expect.poll(() => address(page), DEADLINE).toBe(path);
  await expect
    .poll(() => keys(page), DEADLINE)
    .toEqual(views.map((view) => expect.stringContaining(view)));
};

describe("every choice", () => {
  test("is a step that Back undoes", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    const steps: [path: string, view: string, choose: () => Promise<unknown>][] = [
      [
        "/chart/AAPL?range=5d",
        "AAPL;interval=5m;range=5d;session=regular;chart=mountain;",
        () => page.getByRole("button", { name: "5D" }).click(),
      ],
      [
        "/chart/AAPL?interval=15m&range=5d",
        "AAPL;interval=15m;range=5d;",
        () => page.getByLabel("Interval").selectOption("15m"),
      ],
      [
        "/chart/AAPL?interval=15m&range=5d&chart=candlestick",
        ";chart=candlestick;",
        () => page.getByLabel("Chart type").selectOption("candlestick"),
      ],
      [
        "/chart/AAPL?interval=15m&range=5d&chart=candlestick&scale=log",
        ";chart=candlestick;",
        () => page.getByRole("button", { name: "Log", exact: true }).click(),
      ],
    ];
    await shows(page, "/chart/AAPL", "AAPL;interval=1m;range=1d;session=regular;chart=mountain;");
    for (const [path, view, choose] of steps) {
      await choose();
      await shows(page, path, view);
    }
    for (const [path, view] of steps.toReversed().slice(1)) {
      await page.goBack();
      await shows(page, path, view);
    }
    await page.goForward();
    await shows(page, "/chart/AAPL?interval=15m&range=5d", "interval=15m");
    await moves(page);
  });

  test("costs a new stream, and the old one stays until that delivers", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await drawn(page);
    await page.getByRole("button", { name: "5D" }).click();
    await shows(page, "/chart/AAPL?range=5d", "range=5d");
    await becomes(page, "connection", "live");
    const watched = page.getByTestId("watch").first();
    expect(await watched.getAttribute("data-connection")).toBe("live");
  });

  test("of how it looks costs no stream at all", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await drawn(page);
    let streams = 0;
    page.on("request", (request) => {
      if (request.url().includes("/stream")) streams += 1;
    });
    await page.getByRole("button", { name: "Log", exact: true }).click();
    await page.getByRole("button", { name: "Colours and clock" }).click();
    await page.getByRole("radio", { name: "UTC" }).check();
    await page.getByLabel(/^Red-Up/).check();
    await page.keyboard.press("Escape");
    await page.getByLabel("Light theme").check();
    const path = "/chart/AAPL?scale=log&palette=red-up&zone=utc&theme=light";
    await expect.poll(() => address(page), DEADLINE).toBe(path);
    await moves(page);
    expect(streams).toBe(0);
  });

  test("can be handed on as a link", async ({ server, visit }) => {
    const path = "/chart/%5EGSPC?range=1y&chart=ohlc&studies=sma:50,rsi:14&zone=utc";
    const page = await visit(`${server.url}${path}`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await becomes(page, "panel", "chart");
    await page.getByRole("button", { name: "Copy link" }).click();
    const link = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(link, DEADLINE).toBe(`${server.url}${path}`);
    const other = await visit(await link());
    await shows(
      other,
      path,
      "^GSPC;interval=1d;range=1y;session=regular;chart=ohlc;studies=sma:50,rsi:14;",
    );
    await other.getByRole("button", { name: /^Studies/ }).waitFor();
    expect(await other.getByLabel("Chart type").inputValue()).toBe("ohlc");
  });
});

describe("studies", () => {
  test("are added with their numbers, changed and taken away", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL`);
    await drawn(page);
    const open = () => page.getByRole("button", { name: /^Studies/ }).click();
    await open();
    await page.getByRole("button", { name: /^SMA/ }).click();
    await page.getByRole("button", { name: /^BB/ }).click();
    await page.getByLabel("BB: Standard deviations").fill("2.5");
    await page.getByRole("button", { name: "Apply" }).click();
    await shows(page, "/chart/AAPL?studies=sma:20,bb:20:2.5", "studies=sma:20,bb:20:2.5;");
    await open();
    await page.getByRole("button", { name: "Remove sma:20" }).click();
    await page.getByLabel("BB: Bars averaged").fill("1");
    await page.getByRole("button", { name: "Apply" }).click();
    // Below what the server takes: the browser says so, and the dialog stays.
    expect(await page.getByRole("dialog").isVisible()).toBe(true);
    await page.getByLabel("BB: Bars averaged").fill("30");
    await page.getByRole("button", { name: "Apply" }).click();
    await shows(page, "/chart/AAPL?studies=bb:30:2.5", "studies=bb:30:2.5;");
    await open();
    await page.getByRole("button", { name: /^MACD/ }).click();
    const fast = page.getByLabel("MACD: Bars of the fast average");
    await fast.fill("26");
    await page.getByRole("button", { name: "Apply" }).click();
    expect(await page.getByRole("dialog").isVisible()).toBe(true);
    const said = () => fast.evaluate((input) => (input as HTMLInputElement).validationMessage);
    expect(await said()).toContain("25");
    await fast.fill("25");
    await page.getByRole("button", { name: "Apply" }).click();
    await shows(page, "/chart/AAPL?studies=bb:30:2.5,macd:25:26:9", "macd:25:26:9;");
  });

  test("that are put away without applying them change nothing", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL?studies=sma:20`);
    await drawn(page);
    await page.getByRole("button", { name: /^Studies/ }).click();
    await page.getByRole("button", { name: "Remove sma:20" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Studies/ }).click();
    await page.getByRole("button", { name: "Remove sma:20" }).waitFor();
    expect(address(page)).toBe("/chart/AAPL?studies=sma:20");
  });
});

test("other symbols are compared with, and let go", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL?scale=log`);
  await drawn(page);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByLabel("Symbol to compare with").fill("msft");
  await page.keyboard.press("Enter");
  await shows(page, "/chart/AAPL?compare=MSFT", ";compare=MSFT;");
  await page.getByRole("button", { name: "Remove MSFT" }).click();
  await shows(
    page,
    "/chart/AAPL",
    "AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme",
  );
});

describe("the search", () => {
  test("finds a symbol by name, all by keyboard, and remembers it", async ({ server, visit }) => {
    const page = await visit(server.url);
    await drawn(page);
    const box = page.getByRole("combobox", { name: "Symbol", exact: true });
    await page.keyboard.press("/");
    await page.keyboard.type("microsoft");
    const option = page.getByRole("option", { name: /^MSFT/ });
    await option.waitFor();
    expect(await box.getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("Enter");
    await shows(page, "/chart/MSFT", "MSFT;");
    expect(await box.inputValue()).toBe("");
    await page.keyboard.press("ArrowDown");
    const first = page.getByRole("option").first();
    await expect.poll(() => first.textContent(), DEADLINE).toBe("MSFTrecent");
  });

  test("takes a symbol that no search knows", async ({ server, visit }) => {
    const page = await visit(server.url);
    await drawn(page);
    await page.getByRole("combobox", { name: "Symbol", exact: true }).fill("zzz.qq");
    await page.keyboard.press("Enter");
    await shows(page, "/chart/ZZZ.QQ", "ZZZ.QQ;");
  });

  test("explains what cannot be a symbol, and the chart stays", async ({ server, visit }) => {
    const page = await visit(server.url);
    await drawn(page);
    const box = page.getByRole("combobox", { name: "Symbol", exact: true });
    await box.fill("a ° b");
    await page.keyboard.press("Enter");
    const note = page.getByTestId("search-note");
    expect(await note.textContent()).toContain("is not a symbol. Try AAPL, BRK-B");
    await moves(page);
    await box.fill("aapl");
    await expect.poll(() => note.count(), DEADLINE).toBe(0);
  });
});

describe("several charts", () => {
  test("are filled from the watchlist like the first, and each is changed by itself, on one stream", async ({
    server,
    visit,
  }) => {
    const page = await visit(`${server.url}/chart/NVDA?chart=line`);
    await drawn(page);
    await page.getByLabel("4 charts").check();
    const others = "&with=AAPL;chart=line&with=MSFT;chart=line&with=BTC-USD;chart=line";
    const path = `/chart/NVDA?chart=line${others}`;
    await shows(page, path, "NVDA;", "AAPL;", "MSFT;", "BTC-USD;");
    await page.getByTestId("panel").nth(2).click();
    await page.getByLabel("Chart type").selectOption("ohlc");
    await shows(
      page,
      path.replace("MSFT;chart=line", "MSFT;chart=ohlc"),
      "NVDA;interval=1m;range=1d;session=regular;chart=line;",
      "AAPL;interval=1m;range=1d;session=regular;chart=line;",
      "MSFT;interval=1m;range=1d;session=regular;chart=ohlc;",
      "BTC-USD;",
    );
    await expect.poll(() => page.title(), DEADLINE).toMatch(/^MSFT /);
    expect(await server.metric("figcast_streams")).toBe(1);
    await page.getByLabel("1 chart", { exact: true }).check();
    await shows(page, "/chart/NVDA?chart=line", "NVDA;");
  });

  test("have one cursor and one stretch of time", async ({ server, visit }) => {
    const page = await visit(`${server.url}/chart/AAPL?with=MSFT`);
    await shows(page, "/chart/AAPL?with=MSFT", "AAPL;", "MSFT;");
    const box = await page.getByTestId("chart").first().boundingBox();
    if (box === null) throw new Error("the chart has no area to point at");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const cursors = () => page.locator(".cross__time").count();
    await expect.poll(cursors, DEADLINE).toBe(2);
    await page.mouse.wheel(0, -300);
    const modes = () =>
      page
        .getByTestId("panel")
        .evaluateAll((panels) => panels.map((panel) => panel.getAttribute("data-mode")));
    await expect.poll(modes, DEADLINE).toEqual(["frozen", "frozen"]);
    const ranges = () =>
      page.evaluate(() =>
        [
          ...document.querySelectorAll<
            HTMLElement & { layout: { xaxis: { range: [string, string] } } }
          >(".js-plotly-plot"),
        ].map(({ layout }) => layout.xaxis.range.map((bound) => Date.parse(bound))),
      );
    await expect
      .poll(async () => {
        const [first = [], second = []] = await ranges();
        return Math.max(...first.map((bound, at) => Math.abs(bound - (second[at] ?? 0))));
      }, DEADLINE)
      .toBeLessThan(60_000);
    await page.getByTestId("go-live").first().click();
    await expect.poll(modes, DEADLINE).toEqual(["follow", "follow"]);
  });
});

test("the watchlist lives, leads to charts and takes a star", async ({ server, visit }) => {
  const page = await visit(server.url);
  const prices = page.getByTestId("watch-last");
  await expect.poll(() => prices.allTextContents(), DEADLINE).not.toContain("–");
  const before = await prices.allTextContents();
  await expect.poll(() => prices.allTextContents(), DEADLINE).not.toEqual(before);
  await page.getByRole("link", { name: /^NVDA/ }).click();
  await shows(page, "/chart/NVDA", "NVDA;");
  await page.getByRole("button", { name: "NVDA in the watchlist" }).click();
  await expect.poll(() => page.getByTestId("watch").count(), DEADLINE).toBe(before.length - 1);
  await page.reload();
  await drawn(page);
  expect(await page.getByTestId("watch").count()).toBe(before.length - 1);
});

test("an embedded page is the chart and nothing around it", async ({ server, visit }) => {
  const page = await visit(`${server.url}/chart/AAPL?chart=line&embed=1`);
  await shows(page, "/chart/AAPL?chart=line&embed=1", "chart=line");
  expect(await page.getByRole("banner").count()).toBe(0);
  expect(await page.getByRole("complementary").count()).toBe(0);
});
