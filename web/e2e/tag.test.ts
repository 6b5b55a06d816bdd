/** The tag in pages of another site. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { DEADLINE, spanOf } from "./support/chart.ts";
import { test as base } from "./support/fixtures.ts";
import { type HostOptions, host } from "./support/host.ts";

/** Requests to the server are the point. */
const expected = /^request to /;
const GZIP_LIMIT = 40 * 1024;

const script = (server: string) => `<script src="${server}/embed.js" async></script>`;

const test = base.extend("hosted", ({ server, stopping, visit }) => {
  return async (options: HostOptions & { page?: object }) => {
    const { page, ...rest } = options;
    const site = await stopping(host({ ...rest, body: script(server.url) + rest.body }));
    return visit(site.url, { expected, ...page });
  };
});

/** Of the nth tag: whether its chart is there. */
const isDrawn = (page: Page, nth = 0) =>
  expect
    .poll(
      () =>
        page
          .getByTestId("panel")
          .nth(nth)
          .getAttribute("data-state", { timeout: 900 })
          .catch(() => null),
      DEADLINE,
    )
    .toBe("chart");

/** The stretch that a tag's chart shows. */
function range(page: Page): Promise<[string, string]> {
  return page.evaluate(() => {
    const plot = document
      .querySelector("figcast-chart")
      ?.shadowRoot?.querySelector(".js-plotly-plot");
    const { layout } = plot as unknown as { layout: { xaxis: { range: [string, string] } } };
    return [...layout.xaxis.range] as [string, string];
  });
}
const span = async (page: Page) => spanOf(await range(page));

/** Collects the events of all tags from now on. */
async function events(page: Page): Promise<() => Promise<{ type: string; detail: never }[]>> {
  await page.evaluate(() => {
    const seen: object[] = [];
    Reflect.set(window, "seen", seen);
    for (const name of ["status", "quote", "error"]) {
      document.addEventListener(`figcast:${name}`, (event) =>
        seen.push({ type: event.type, detail: (event as CustomEvent).detail }),
      );
    }
  });
  return () => page.evaluate(() => Reflect.get(window, "seen"));
}

test("the script is small, may be read by any site, and is revalidated by its ETag", async ({
  server,
}) => {
  // As a page of another site asks.
  const headers = { origin: "https://site.example" };
  const answer = await fetch(`${server.url}/embed.js`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toMatch(/^(text|application)\/javascript/);
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.get("cache-control")).toBe("no-cache");
  expect(answer.headers.get("etag")).not.toBe(null);
  const text = await answer.text();
  expect(gzipSync(text, { level: 9 }).length).toBeLessThan(GZIP_LIMIT);
  // A page in another coding has it read in that one.
  expect(text).toMatch(/^\p{ASCII}*$/u);
  const [plotly = ""] = /assets\/plotly[\w.-]+\.js/.exec(text) ?? [];
  const library = await fetch(`${server.url}/${plotly}`, { headers });
  expect(library.headers.get("access-control-allow-origin")).toBe("*");
});

test("a tag draws under a strict policy and leaves nothing in the page", async ({
  server,
  hosted,
}) => {
  const page = await hosted({
    body: '<figcast-chart symbol="AAPL" range="5d" chart="candlestick" studies="volume"></figcast-chart>',
    policy: `default-src 'none'; style-src 'self'; script-src ${server.url}; connect-src ${server.url}; img-src 'self'`,
  });
  const seen = await events(page);
  await isDrawn(page);
  await expect
    .poll(
      async () => (await seen()).filter(({ type }) => type === "figcast:quote").length,
      DEADLINE,
    )
    .toBeGreaterThan(2);
  const left = await page.evaluate(() => ({
    head: document.head.querySelectorAll("style, template, [id]").length,
    globals: Object.keys(window).filter((name) => /plotly|figcast|preact/i.test(name)),
    width: document.querySelector("figcast-chart")?.clientWidth ?? 0,
    height: document.querySelector("figcast-chart")?.clientHeight ?? 0,
  }));
  // The tests' own watch and list.
  expect(left.globals.filter((name) => name !== "figcastViolation")).toEqual([]);
  expect(left.head).toBe(0);
  expect(left.width / left.height).toBeCloseTo(16 / 9, 1);
});

test("attributes are taken over while they change, and the zoom stays", async ({ hosted }) => {
  const page = await hosted({ body: '<figcast-chart symbol="AAPL"></figcast-chart>' });
  await isDrawn(page);
  const box = await page.locator("figcast-chart .nsewdrag").first().boundingBox();
  if (box === null) throw new Error("the chart has no area to drag");
  const whole = await span(page);
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < 4; turn += 1) await page.mouse.wheel(0, -240);
  await expect.poll(() => span(page), DEADLINE).toBeLessThan(whole * 0.9);
  await page.mouse.move(0, 0);
  // A gesture has settled, and a chart has been drawn again, a moment later.
  await page.waitForTimeout(1_000);
  const zoomed = await span(page);
  const set = (name: string, value: string) =>
    page
      .locator("figcast-chart")
      .evaluate((tag, [key, said]) => tag.setAttribute(key, said), [name, value] as const);
  await set("chart", "candlestick");
  await page.locator("figcast-chart .boxlayer path").first().waitFor({ state: "attached" });
  await set("theme", "dark");
  await expect
    .poll(
      () =>
        page.locator("figcast-chart .tag").evaluate((tag) => getComputedStyle(tag).backgroundColor),
      DEADLINE,
    )
    .toBe("rgb(12, 15, 20)");
  const now = await span(page);
  expect(Math.abs(now - zoomed) / zoomed).toBeLessThan(0.05);
  await set("symbol", "MSFT");
  await expect.poll(() => page.getByTestId("symbol").textContent(), DEADLINE).toBe("MSFT");
  await isDrawn(page);
});

test("tags share one stream, and taking them out closes it", async ({ start, stopping, visit }) => {
  const own = await start();
  const site = await stopping(
    host({
      body: `${script(own.url)}<figcast-chart symbol="AAPL"></figcast-chart><figcast-chart symbol="MSFT"></figcast-chart>`,
    }),
  );
  const page = await visit(site.url, { expected });
  await isDrawn(page, 0);
  await isDrawn(page, 1);
  const second = await page.context().newPage();
  await second.goto(site.url);
  await isDrawn(second, 1);
  await expect.poll(() => own.metric("figcast_streams"), DEADLINE).toBe(1);
  await second.close();
  const remove = () => page.evaluate(() => document.querySelector("figcast-chart")?.remove());
  await remove();
  await isDrawn(page, 0);
  await remove();
  await expect.poll(() => own.metric("figcast_streams"), DEADLINE).toBe(0);
});

test("a tag that is moved keeps its chart", async ({ hosted }) => {
  const page = await hosted({
    body: '<figcast-chart symbol="AAPL"></figcast-chart><main></main>',
  });
  await isDrawn(page);
  const state = await page.evaluate(() => {
    const tag = document.querySelector("figcast-chart") as Element;
    const plot = tag.shadowRoot?.querySelector(".js-plotly-plot");
    document.querySelector("main")?.append(tag);
    return new Promise((resolve) =>
      setTimeout(() => resolve(tag.shadowRoot?.querySelector(".js-plotly-plot") === plot), 200),
    );
  });
  expect(state).toBe(true);
});

describe("what is wrong is said in the box and in an event", () => {
  test.for([
    ["no symbol", "", "names no symbol"],
    ["no such symbol", 'symbol="NOPE!!"', "“NOPE!!” is not a symbol"],
    ["no such theme", 'symbol="AAPL" theme="blue"', 'theme="blue" is none of auto, dark, light'],
    ["no such range", 'symbol="AAPL" range="17y"', "17y"],
    ["no such study", 'symbol="AAPL" studies="nope"', "nope"],
  ] as const)("%s", async ([, attributes, words], { hosted }) => {
    const page = await hosted({
      body: `<script>document.addEventListener("figcast:error", (event) => { document.title = event.detail.message; })</script><figcast-chart ${attributes}></figcast-chart>`,
      page: { expected: /^request to |status of 400/ },
    });
    await expect
      .poll(
        () =>
          page
            .getByTestId("message")
            .textContent({ timeout: 900 })
            .catch(() => ""),
        DEADLINE,
      )
      .toContain(words);
    await expect.poll(() => page.title(), DEADLINE).toContain(words);
  });
});

test("the wheel over a tag scrolls its page, and zooms with Ctrl or after a click", async ({
  hosted,
}) => {
  const page = await hosted({
    body: '<p>Words of the host.</p><figcast-chart symbol="AAPL" style="height: 300px"></figcast-chart><div style="height: 4000px"></div>',
  });
  await isDrawn(page);
  const scrolled = () => page.evaluate(() => scrollY);
  const over = async () => {
    const box = await page.locator("figcast-chart").boundingBox();
    await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 180);
  };
  const whole = await span(page);
  await over();
  await page.mouse.wheel(0, 40);
  await expect.poll(scrolled, DEADLINE).toBe(40);
  expect(await span(page)).toBe(whole);
  await over();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -120);
  await page.keyboard.up("Control");
  await expect.poll(() => span(page), DEADLINE).toBeLessThan(whole);
  expect(await scrolled()).toBe(40);
  const before = await span(page);
  await over();
  await page.mouse.down();
  await page.mouse.up();
  await page.mouse.wheel(0, -120);
  await expect.poll(() => span(page), DEADLINE).toBeLessThan(before);
  expect(await scrolled()).toBe(40);
  expect((await page.locator("figcast-chart").boundingBox())?.height).toBe(300);
});

test("the page's own Plotly draws where there is one", async ({ server, stopping, visit }) => {
  const library = await readFile(createRequire(import.meta.url).resolve("plotly3/plotly.min.js"));
  const site = await stopping(
    host({
      head: '<script src="/plotly.js"></script>',
      body: `${script(server.url)}<figcast-chart symbol="AAPL" chart="candlestick"></figcast-chart>`,
      files: { "/plotly.js": library },
    }),
  );
  const asked: string[] = [];
  const page = await visit(site.url, {
    expected,
    prepare: async (page) => void page.on("request", (request) => asked.push(request.url())),
  });
  await isDrawn(page);
  expect(asked.filter((url) => url.includes("/assets/"))).toEqual([]);
  expect(
    await page.evaluate(() => (Reflect.get(window, "Plotly") as { version: string }).version),
  ).toMatch(/^3\./);
});

test("the theme is that of the page around the tag, while it changes", async ({ hosted }) => {
  const page = await hosted({
    head: '<link rel="stylesheet" href="/host.css">',
    body: '<figcast-chart symbol="AAPL"></figcast-chart>',
    files: {
      "/host.css": "html.night { background: #101418 } figcast-chart { --figcast-font: Georgia }",
    },
  });
  const theme = () => page.locator("figcast-chart .tag").getAttribute("data-theme");
  await isDrawn(page);
  // The browser of the test prefers dark; the page is white.
  expect(await theme()).toBe("light");
  await page.evaluate(() => document.documentElement.classList.add("night"));
  await expect.poll(theme, DEADLINE).toBe("dark");
  expect(
    await page.getByTestId("symbol").evaluate((name) => getComputedStyle(name).fontFamily),
  ).toBe("Georgia");
});

test("the page's colours are the chart's", async ({ hosted }) => {
  const page = await hosted({
    head: '<link rel="stylesheet" href="/host.css">',
    body: '<figcast-chart symbol="AAPL" chart="candlestick"></figcast-chart>',
    files: {
      "/host.css":
        "figcast-chart { --figcast-up: rebeccapurple; --figcast-down: rgb(1 2 3); --figcast-background: #fef; --figcast-grid: oklch(0.8 0.1 200) }",
    },
  });
  await isDrawn(page);
  const found = await page.locator("figcast-chart").evaluate((tag) => {
    const plot = tag.shadowRoot?.querySelector(".js-plotly-plot") as unknown as {
      layout: { paper_bgcolor: string };
      data: {
        uid: string;
        increasing: { line: { color: string } };
        decreasing: { line: { color: string } };
      }[];
    };
    const price = plot.data.find(({ uid }) => uid === "price");
    return [plot.layout.paper_bgcolor, price?.increasing.line.color, price?.decreasing.line.color];
  });
  expect(found).toEqual(["rgb(255, 238, 255)", "rgb(102, 51, 153)", "rgb(1, 2, 3)"]);
});

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  test.for([300, 600, 1200])(
    "a tag of %i pixels has room for all that it shows",
    async (width, { hosted }) => {
      const page = await hosted({
        body: `<div style="width: ${width}px"><figcast-chart symbol="AAPL" range="5d" chart="candlestick" studies="volume,sma:20" theme="${theme}">AAPL</figcast-chart></div>`,
      });
      await isDrawn(page);
      const outside = await page.locator("figcast-chart").evaluate((tag) => {
        const frame = tag.getBoundingClientRect();
        return [
          ...(tag.shadowRoot?.querySelectorAll(
            "[data-testid=symbol], [data-testid=last], .chip, .plot, .main-svg",
          ) ?? []),
        ]
          .filter((element) => element.checkVisibility())
          .filter((element) => {
            const box = element.getBoundingClientRect();
            return (
              box.right > frame.right + 1 ||
              box.bottom > frame.bottom + 1 ||
              box.left < frame.left - 1 ||
              box.top < frame.top - 1
            );
          })
          .map(({ className }) => String(className));
      });
      expect(outside).toEqual([]);
      const plot = await page.locator("figcast-chart .plot").boundingBox();
      expect(plot?.height).toBeGreaterThan(((width * 9) / 16) * 0.7);
    },
  );
});

test("words stand in the place of the chart where scripts are off", async ({ hosted }) => {
  const page = await hosted({
    body: '<figcast-chart symbol="AAPL"><a href="https://charts.example/chart/AAPL">The chart of AAPL</a></figcast-chart>',
    page: { javaScriptEnabled: false },
  });
  expect(await page.getByText("The chart of AAPL").isVisible()).toBe(true);
});
