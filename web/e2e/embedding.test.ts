/** The snippets of docs/EMBEDDING.md, as they stand there. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { build } from "vite";
import { describe, expect } from "vitest";
import { DEADLINE } from "./support/chart.ts";
import { test, token } from "./support/guarded.ts";
import { blocksOf, host } from "./support/host.ts";

const VUE = createRequire(import.meta.url).resolve("vue/dist/vue.global.prod.js");
const DOCUMENT = "docs/EMBEDDING.md";
/** Requests to the server are the point. */
const expected = /^request to |status of 400|\/chart-token/;

/** The first snippet below a heading, with the server of the test in the place of the example's. */
async function snippet(heading: string, server: string): Promise<string> {
  const [block] = await blocksOf(DOCUMENT, heading);
  expect(block, heading).toMatch(/figcast-chart|https:\/\/charts\.example/);
  return (block ?? "").replaceAll("https://charts.example", server);
}

const isDrawn = (page: Page) =>
  expect
    .poll(
      () =>
        page
          .getByTestId("panel")
          .first()
          .getAttribute("data-state", { timeout: 900 })
          .catch(() => null),
      DEADLINE,
    )
    .toBe("chart");

describe("the snippet below", () => {
  test.for([
    "A plain page",
    "Events",
    "Size and looks",
    "WordPress, and other pages made of blocks",
  ])("%s draws a chart", async (heading, { server, stopping, visit }) => {
    const body = await snippet(heading, server.url);
    const site = await stopping(host({ body }));
    const page = await visit(site.url, { expected });
    await isDrawn(page);
    const tag = page.locator("figcast-chart");
    if (heading === "Events") {
      await expect.poll(() => page.locator("output").textContent(), DEADLINE).toMatch(/^\d.* USD$/);
    } else if (heading === "Size and looks") {
      expect((await tag.boundingBox())?.height).toBe(420);
    }
  });

  test("Content-Security-Policy is enough for the plain page", async ({
    server,
    stopping,
    visit,
  }) => {
    const policy = (await snippet("Content-Security-Policy", server.url)).trim();
    const site = await stopping(host({ policy, body: await snippet("A plain page", server.url) }));
    await isDrawn(await visit(site.url, { expected }));
  });

  test("Tokens draws a chart with the page's token, which stands in no address", async ({
    guarded,
    stopping,
    visit,
  }) => {
    const places = { body: "", files: { "/chart-token": await token(600) } };
    const site = await stopping(host(places));
    const server = await guarded(site.url);
    places.body = await snippet("Tokens", server.url);
    const asked: string[] = [];
    const page = await visit(site.url, {
      expected,
      prepare: async (page) => void page.on("request", (request) => asked.push(request.url())),
    });
    await isDrawn(page);
    expect(asked.filter((url) => url.includes("/stream?")).join()).toContain("ticket=");
    expect(asked.join()).not.toContain("eyJ");
  });

  test("A frame draws a chart where the site may frame it", async ({ start, stopping, visit }) => {
    const places = { body: "" };
    const site = await stopping(host(places));
    const origin = site.url.replace("localhost", "127.0.0.1");
    const own = await start({ env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([origin]) } });
    places.body = await snippet("A frame", own.url);
    const page = await visit(origin, { expected });
    const panel = page.frameLocator("iframe").getByTestId("panel");
    await expect.poll(() => panel.getAttribute("data-state"), DEADLINE).toBe("chart");
  });

  test("A frame has the height that it tells of, and takes symbol and theme by messages", async ({
    start,
    stopping,
    visit,
  }) => {
    const places = { body: "" };
    const site = await stopping(host(places));
    const origin = site.url.replace("localhost", "127.0.0.1");
    const own = await start({ env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([origin]) } });
    const [, block = ""] = await blocksOf(DOCUMENT, "A frame");
    places.body = block.replaceAll("https://charts.example", own.url);
    const page = await visit(origin, { expected });
    const frame = page.frameLocator("iframe");
    const symbol = () => frame.getByTestId("symbol").textContent({ timeout: 900 });
    await expect.poll(symbol, DEADLINE).toBe("AAPL");
    const box = async () => await page.locator("iframe").boundingBox();
    const proportions = async () => {
      const { width = 0, height = 0 } = (await box()) ?? {};
      return Math.abs(height - (width * 9) / 16) <= 1;
    };
    await expect.poll(proportions, DEADLINE).toBe(true);
    await page.getByRole("button").click();
    await expect.poll(symbol, DEADLINE).toBe("MSFT");
    expect(await frame.locator("html").getAttribute("data-theme")).toBe("light");
  });

  test("React draws a chart, tells its quotes, and follows its property", async ({
    server,
    stopping,
    visit,
  }) => {
    const component = await snippet("React", server.url);
    const main = `
import { useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
${component}
function Page() {
  const [symbol, setSymbol] = useState("AAPL");
  const [quote, setQuote] = useState(null);
  return <><button type="button" onClick={() => setSymbol("MSFT")}>Other</button>
    <output>{quote?.symbol}</output><Chart symbol={symbol} onQuote={setQuote} /></>;
}
createRoot(document.querySelector("main")).render(<Page />);`;
    const script = await bundled(main);
    const site = await stopping(
      host({
        body: `<script src="${server.url}/embed.js" async></script><main></main><script src="/main.js"></script>`,
        files: { "/main.js": script },
      }),
    );
    const page = await visit(site.url, { expected });
    const told = () => page.locator("output").textContent();
    await expect.poll(told, DEADLINE).toBe("AAPL");
    await page.getByRole("button", { name: "Other" }).click();
    await expect.poll(told, DEADLINE).toBe("MSFT");
    await isDrawn(page);
  });

  test("Vue draws a chart, hears its quotes, and follows its property", async ({
    server,
    stopping,
    visit,
  }) => {
    const component = await snippet("Vue", server.url);
    const [, template = ""] = /<template>(.*)<\/template>/s.exec(component) ?? [];
    const main = `
const app = Vue.createApp({
  data: () => ({ symbol: "AAPL", last: null }),
  template: ${JSON.stringify(`<button @click="symbol = 'MSFT'">Other</button><output>{{ last }}</output>${template}`)},
});
app.config.compilerOptions.isCustomElement = (name) => name === "figcast-chart";
app.mount("main");`;
    const site = await stopping(
      host({
        body: `<script src="${server.url}/embed.js" async></script><main></main><script src="/vue.js"></script><script src="/main.js"></script>`,
        files: { "/vue.js": await readFile(VUE), "/main.js": main },
      }),
    );
    const page = await visit(site.url, { expected });
    await expect.poll(() => page.locator("output").textContent(), DEADLINE).toMatch(/^\d/);
    await page.getByRole("button", { name: "Other" }).click();
    await expect.poll(() => page.getByTestId("symbol").textContent(), DEADLINE).toBe("MSFT");
    await isDrawn(page);
  });
});

/** A script of one module and all that it imports. */
async function bundled(source: string): Promise<string> {
  // Below web/, where its imports are found.
  const folder = await mkdtemp(join(import.meta.dirname, "../node_modules/.snippet-"));
  try {
    await writeFile(join(folder, "main.jsx"), source);
    const built = await build({
      configFile: false,
      logLevel: "silent",
      // Vitest's own mode would take React's development build.
      mode: "production",
      oxc: { jsx: { runtime: "automatic", development: false } },
      root: folder,
      define: { "process.env.NODE_ENV": '"production"' },
      build: {
        write: false,
        lib: { entry: join(folder, "main.jsx"), formats: ["iife"], name: "snippet" },
      },
    });
    const [once] = Array.isArray(built) ? built : [built];
    const chunk = once !== undefined && "output" in once ? once.output[0] : undefined;
    return chunk?.code ?? "";
  } finally {
    await rm(folder, { recursive: true });
  }
}
