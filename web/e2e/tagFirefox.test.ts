/** The tag in Firefox, in a page of another site with a strict policy. */
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { DEADLINE, spanOf } from "./support/chart.ts";
import { hasFirefox, launchFirefox } from "./support/firefox.ts";
import { test } from "./support/fixtures.ts";
import { host } from "./support/host.ts";

/** Something of the nth tag, found within its shadow tree. */
function inTag(page: Page, selector: string, nth = 0): Promise<Element["outerHTML"] | null> {
  return page.evaluate(
    (where, index) =>
      document.querySelectorAll("figcast-chart")[index]?.shadowRoot?.querySelector(where)
        ?.outerHTML ?? null,
    selector,
    nth,
  );
}

function span(page: Page): Promise<number> {
  return page
    .evaluate(() => {
      const tag = document.querySelector("figcast-chart");
      const plot = tag?.shadowRoot?.querySelector(".js-plotly-plot");
      const { layout } = plot as unknown as { layout: { xaxis: { range: [string, string] } } };
      return [...layout.xaxis.range] as [string, string];
    })
    .then(spanOf);
}

describe.skipIf(!hasFirefox)("in Firefox", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  test("tags draw, share a stream, move, zoom and go, and nothing goes wrong", async ({
    start,
    stopping,
  }) => {
    const server = await start();
    const policy = `default-src 'none'; style-src 'self'; script-src ${server.url}; connect-src ${server.url}; img-src 'self'`;
    const site = await stopping(
      host({
        policy,
        body: `<script src="${server.url}/embed.js" async></script>
          <figcast-chart symbol="AAPL" chart="candlestick"></figcast-chart>
          <figcast-chart symbol="MSFT"></figcast-chart>`,
      }),
    );
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    await page.goto(site.url);
    for (const nth of [0, 1]) {
      await expect
        .poll(() => inTag(page, "[data-testid=panel]", nth), DEADLINE)
        .toContain('data-state="chart"');
    }
    // The gradient below the line is found in the shadow tree.
    expect(await inTag(page, ".scatterlayer .js-fill", 1)).toContain("url(");
    await expect.poll(() => server.metric("figcast_streams"), DEADLINE).toBe(1);
    const last = () => inTag(page, "[data-testid=last]");
    const before = await last();
    await expect.poll(last, DEADLINE).not.toBe(before);

    const whole = await span(page);
    const box = await (await page.$("figcast-chart"))?.boundingBox();
    const [x, y] = [(box?.x ?? 0) + 300, (box?.y ?? 0) + 300];
    // The wheel turns where the mouse was moved to, which a click alone does not do.
    await page.mouse.move(x, y);
    await page.mouse.click(x, y);
    await page.mouse.wheel({ deltaY: -240 });
    await expect.poll(() => span(page), DEADLINE).toBeLessThan(whole);

    await page.evaluate(() => {
      for (const tag of document.querySelectorAll("figcast-chart")) tag.remove();
    });
    await expect.poll(() => server.metric("figcast_streams"), DEADLINE).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });
});
