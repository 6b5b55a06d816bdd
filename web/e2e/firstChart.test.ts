/** What the page costs: bytes, the wait for the first chart, and that nothing moves when it comes. */
import { get, type IncomingMessage } from "node:http";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, drawn } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

/** A second is what is wanted, and had where nothing else runs; see docs/BENCHMARKS.md. */
const LIMIT_MS = 4_000;
/** A layout shift that people begin to notice, by web.dev/cls. */
const SHIFT_LIMIT = 0.1;

/** Notes when the first chart is on the screen, and how much the page has moved until then. */
async function watched(page: Page): Promise<() => Promise<{ at: number; shift: number }>> {
  await page.addInitScript(() => {
    const seen = { at: Number.NaN, shift: 0 };
    Reflect.set(window, "figcastSeen", seen);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += Reflect.get(entry, "value") as number;
    }).observe({ type: "layout-shift", buffered: true });
    const look = () => {
      if (document.querySelector('[data-testid="panel"][data-state="chart"]') === null) {
        requestAnimationFrame(look);
      } else seen.at = performance.now();
    };
    requestAnimationFrame(look);
  });
  return () =>
    page.evaluate(() => Reflect.get(window, "figcastSeen") as { at: number; shift: number });
}

test("the first chart of a warm server is there soon, and moves nothing", async ({
  start,
  visit,
}) => {
  const { url } = await start();
  await drawn(await visit(`${url}/chart/AAPL`));
  // A browser context of its own, with nothing cached.
  const page = await visit(`${url}/healthz`, { expected: /status of 404/ });
  const seen = await watched(page);
  await page.goto(`${url}/chart/AAPL`);
  await becomes(page, "panel", "chart");
  await becomes(page, "connection", "live");
  const { at, shift } = await seen();
  console.log(`first chart after ${Math.round(at)} ms, layout shift ${shift.toFixed(3)}`);
  expect(at).toBeLessThan(LIMIT_MS);
  expect(shift).toBeLessThan(SHIFT_LIMIT);
});

/** Bytes of a file as they are sent, which `fetch` does not tell. */
function sent(url: string): Promise<{ bytes: number; caching: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "accept-encoding": "gzip" };
    get(url, { headers }, (response: IncomingMessage) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () =>
        resolve({ bytes, caching: response.headers["cache-control"] ?? "" }),
      );
    }).on("error", reject);
  });
}

test("the page's own JavaScript is below 120 kB, and kept for good", async ({ server }) => {
  const page = await (await fetch(server.url)).text();
  const scripts = [...page.matchAll(/(?:src|href)="\.(\/assets\/[^"]+\.js)"/g)].map(
    ([, path]) => path,
  );
  expect(scripts).toHaveLength(2);
  let own = 0;
  for (const path of scripts) {
    const { bytes, caching } = await sent(`${server.url}${path}`);
    expect(caching).toBe("public, max-age=31536000, immutable");
    if (path?.includes("/plotly-") === false) own += bytes;
  }
  console.log(`own JavaScript: ${own} bytes, gzip`);
  expect(own).toBeLessThan(120_000);
});
