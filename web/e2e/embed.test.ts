/** The chart in a frame of another site. */
import type { Frame, Page } from "playwright-core";
import { expect } from "vitest";
import { overlaps, scrollers } from "./support/boxes.ts";
import type { VisitOptions } from "./support/browser.ts";
import { DEADLINE, spanOf } from "./support/chart.ts";
import { drag } from "./support/fingers.ts";
import { type Stoppable, test } from "./support/fixtures.ts";
import type { Server, ServerOptions } from "./support/server.ts";
import { stub } from "./support/stub.ts";

/** A site with one frame. */
const framing = (url: () => string) =>
  stub((_, response) => {
    const page = `<!doctype html><link rel="icon" href="data:,"><iframe src="${url()}"></iframe>`;
    response.setHeader("content-type", "text/html").end(page);
  });

/** Requests to the server are the point, and Chromium reports the frames that it refuses. */
const expected = /^request to |violates.*frame-ancestors/;

test("a site that may frames an embedded chart and no other page", async ({
  start,
  stopping,
  visit,
}) => {
  let framed = "";
  const friend = await stopping(framing(() => framed));
  const stranger = await stopping(framing(() => framed));
  const { url } = await start({
    env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([friend.url]) },
  });
  for (const [site, path, shown] of [
    [friend, "/chart/AAPL?embed=1", true],
    [friend, "/chart/AAPL", false],
    [stranger, "/chart/AAPL?embed=1", false],
  ] as const) {
    framed = `${url}${path}`;
    const page = await visit(site.url, { expected });
    const frame = page.frames().at(-1);
    if (shown) {
      const panel = page.frameLocator("iframe").getByTestId("panel");
      await expect.poll(() => panel.getAttribute("data-state"), DEADLINE).toBe("chart");
    } else {
      await expect.poll(() => frame?.url(), DEADLINE).toMatch(/^chrome-error:/);
    }
  }
});

const SIZES = [
  [300, 200],
  [480, 300],
  [800, 450],
] as const;

interface Tools {
  start: (options: ServerOptions) => Promise<Server>;
  stopping: <T extends Stoppable>(starting: Promise<T>) => Promise<T>;
  visit: (url: string, options: VisitOptions) => Promise<Page>;
}

/** A long page of somebody's with one frame, its chart drawn. */
async function hosted(
  { start, stopping, visit }: Tools,
  options: VisitOptions = {},
): Promise<{ page: Page; frame: Frame }> {
  let source = "";
  const site = await stopping(
    stub((_, response) => {
      response.setHeader("content-type", "text/html").end(`<!doctype html>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body { margin: 0; height: 4000px } iframe { display: block; border: 0 }</style>
<p>Words of the host.</p><iframe width="300" height="200" src="${source}"></iframe>`);
    }),
  );
  const { url } = await start({
    env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([site.url]) },
  });
  source = `${url}/chart/AAPL?studies=sma:20,volume&amp;embed=1`;
  const page = await visit(site.url, { expected, ...options });
  const frame = page.frames()[1] as Frame;
  const panel = page.frameLocator("iframe").getByTestId("panel");
  await expect.poll(() => panel.getAttribute("data-state"), DEADLINE).toBe("chart");
  return { page, frame };
}

/** Length of the stretch that a frame's chart shows. */
function span(frame: Frame): Promise<number> {
  return frame
    .evaluate(() => {
      const plot = document.querySelector(".js-plotly-plot");
      return (plot as unknown as { layout: { xaxis: { range: [string, string] } } }).layout.xaxis
        .range;
    })
    .then(spanOf);
}

test("a frame of any size has a chart, nothing that overlaps and nothing that scrolls", async ({
  start,
  stopping,
  visit,
}) => {
  const { page, frame } = await hosted({ start, stopping, visit });
  for (const [width, height] of SIZES) {
    await page.locator("iframe").evaluate(
      (element, [wide, high]) => {
        element.setAttribute("width", wide);
        element.setAttribute("height", high);
      },
      [String(width), String(height)] as const,
    );
    const plot = () =>
      frame.evaluate(() => {
        const box = document.querySelector(".plot")?.getBoundingClientRect();
        return [box?.width ?? 0, box?.height ?? 0] as const;
      });
    await expect.poll(async () => (await plot())[0], DEADLINE).toBe(width);
    expect((await plot())[1]).toBeGreaterThan(height * 0.75);
    const size = `${width} x ${height}`;
    expect(await overlaps(frame), size).toEqual([]);
    expect(await scrollers(frame), size).toEqual([]);
    expect(await frame.getByTestId("last").isVisible(), size).toBe(true);
  }
});

test("the wheel over a frame scrolls its host, and zooms with Ctrl or after a click", async ({
  start,
  stopping,
  visit,
}) => {
  const { page, frame } = await hosted({ start, stopping, visit });
  const scrolled = () => page.evaluate(() => scrollY);
  const over = async () => {
    const box = await page.locator("iframe").boundingBox();
    await page.mouse.move((box?.x ?? 0) + 120, (box?.y ?? 0) + 110);
  };
  const whole = await span(frame);

  await over();
  await page.mouse.wheel(0, 40);
  await expect.poll(scrolled, DEADLINE).toBe(40);
  await frame.getByTestId("wheel-hint").and(frame.locator("[data-shown=true]")).waitFor();
  expect(await span(frame)).toBe(whole);

  await over();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -120);
  await page.keyboard.up("Control");
  await expect.poll(() => span(frame), DEADLINE).toBeLessThan(whole);
  expect(await scrolled()).toBe(40);

  const before = await span(frame);
  await over();
  await page.mouse.down();
  await page.mouse.up();
  await page.mouse.wheel(0, -120);
  await expect.poll(() => span(frame), DEADLINE).toBeLessThan(before);
  expect(await scrolled()).toBe(40);

  await page.getByText("Words of the host").click();
  const back = await scrolled();
  await over();
  await page.mouse.wheel(0, 120);
  await expect.poll(scrolled, DEADLINE).toBe(back + 120);
});

test("one finger over a frame scrolls its host, and two zoom the chart", async ({
  start,
  stopping,
  visit,
}) => {
  const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };
  const { page, frame } = await hosted({ start, stopping, visit }, phone);
  const session = await page.context().newCDPSession(page);
  const box = await page.locator("iframe").boundingBox();
  const [x, y] = [(box?.x ?? 0) + 130, (box?.y ?? 0) + 110];
  const whole = await span(frame);
  await drag(session, [
    [
      [x - 20, y],
      [x - 60, y],
    ],
    [
      [x + 20, y],
      [x + 60, y],
    ],
  ]);
  await expect.poll(() => span(frame), DEADLINE).toBeLessThan(whole * 0.7);
  const zoomed = await span(frame);
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await drag(session, [
    [
      [x, y],
      [x, y - 100],
    ],
  ]);
  await expect.poll(() => page.evaluate(() => scrollY), DEADLINE).toBeGreaterThan(60);
  expect(await span(frame)).toBe(zoomed);
});

interface Host {
  heard: { type: string; height?: number; message?: string }[];
  say: (message: object) => void;
}

test("a frame says how high it would be, and takes symbol and theme from its host alone", async ({
  start,
  stopping,
  visit,
}) => {
  let source = "";
  const site = await stopping(
    stub((_, response) => {
      response.setHeader("content-type", "text/html").end(`<!doctype html>
<link rel="icon" href="data:,"><style>iframe { width: 640px; height: 200px; border: 0 }</style>
<iframe src="${source}"></iframe><iframe id="other" srcdoc="another frame"></iframe>
<script>
  const chart = document.querySelector("iframe");
  const heard = [];
  addEventListener("message", ({ source, data }) => {
    if (source !== chart.contentWindow) return;
    heard.push(data);
    if (data.type === "figcast:height") chart.style.height = data.height + "px";
  });
  window.host = { heard, say: (message) => chart.contentWindow.postMessage(message, "*") };
</script>`);
    }),
  );
  const { url } = await start({
    env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([site.url]) },
  });
  source = `${url}/chart/AAPL?theme=dark&amp;embed=1`;
  const page = await visit(site.url, { expected });
  const frame = page.frames().find((one) => one.url().startsWith(url)) as Frame;
  const shows = (symbol: string) =>
    expect
      .poll(() => frame.getByTestId("symbol").first().textContent({ timeout: 900 }), DEADLINE)
      .toBe(symbol);
  const say = (message: object) =>
    page.evaluate((said) => (Reflect.get(window, "host") as Host).say(said), message);
  const heard = () => page.evaluate(() => (Reflect.get(window, "host") as Host).heard);
  const height = async () => (await page.locator("iframe").first().boundingBox())?.height;
  const steps = () => page.evaluate(() => history.length);
  const before = await steps();
  await shows("AAPL");
  await expect.poll(height, DEADLINE).toBe(360);

  await say({ type: "figcast:set", symbol: "MSFT", theme: "light" });
  await shows("MSFT");
  const theme = () => frame.evaluate(() => document.documentElement.dataset.theme);
  expect(await theme()).toBe("light");
  expect(frame.url()).toBe(`${url}/chart/MSFT?theme=light&embed=1`);
  await page
    .locator("iframe")
    .first()
    .evaluate((one) => (one.style.width = "320px"));
  await expect.poll(height, DEADLINE).toBe(200);

  await say({ type: "figcast:set", theme: "sepia" });
  await expect
    .poll(async () => (await heard()).at(-1), DEADLINE)
    .toEqual({ type: "figcast:error", message: 'theme cannot be "sepia".' });
  // Another frame of the page is not the page.
  await page
    .frames()
    .find((one) => one.url() === "about:srcdoc")
    ?.evaluate(() => parent.frames[0]?.postMessage({ type: "figcast:set", symbol: "NVDA" }, "*"));
  await say({ type: "figcast:set", symbol: "GOOGL" });
  await shows("GOOGL");
  // The host's history is its own.
  expect(await steps()).toBe(before);
});
