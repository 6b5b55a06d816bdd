/** The page that the README shows, as somebody copies it into a site of their own. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { ROOT } from "./support/children.ts";
import { test as base } from "./support/fixtures.ts";
import { Market } from "./support/market.ts";
import { type Stub, stub } from "./support/stub.ts";

const SOON = { timeout: 30_000, interval: 20 };
const FIGURES = 10;
const MODULES = join(ROOT, "web/node_modules");

const test = base.extend("market", ({ stopping }) => {
  return () => stopping(Market.open());
});

/** A site with the page of the README, which finds Plotly and figcast at these places. */
async function copied(server: string, plotly: string, style: string): Promise<Stub> {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [, shown = ""] = /```html\n(.*?)```/s.exec(readme) ?? [];
  expect(shown.trimEnd().split("\n")).toHaveLength(4);
  let page = `${shown}<link rel="icon" href="data:,"><style>${style}</style>`;
  for (const [there, here] of [
    [/https:\/\/cdn\.plot\.ly\/plotly-[\d.]+\.min\.js/, "/plotly.js"],
    [/http:\/\/localhost:8080/, server],
  ] as const) {
    expect(page).toMatch(there);
    page = page.replace(there, here);
  }
  const library = await readFile(join(MODULES, plotly));
  return stub(({ url }, response) => {
    if (url === "/plotly.js") response.setHeader("content-type", "text/javascript").end(library);
    else response.setHeader("content-type", "text/html").end(page);
  });
}

interface Noted {
  /** Of the box, every height that it had, in turn. */
  heights: number[];
  /** Of the drawing in it. */
  drawn: { width: number; height: number };
  width: number;
  figures: number;
}

/** Notes from the first byte on how high the box is, and counts figures that are drawn. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted = { heights: [] as number[], figures: 0 };
    Reflect.set(window, "noted", noted);
    document.addEventListener("DOMContentLoaded", () => {
      const box = document.querySelector<HTMLElement>("#chart");
      if (box === null) return;
      const note = () => {
        if (noted.heights.at(-1) !== box.offsetHeight) noted.heights.push(box.offsetHeight);
      };
      new ResizeObserver(note).observe(box);
    });
    const Native = EventSource;
    Reflect.set(
      window,
      "EventSource",
      class extends Native {
        constructor(url: string) {
          super(url);
          // The page's own listener is set later, and so has its turn after this one.
          const drawn = () => requestAnimationFrame(() => setTimeout(() => (noted.figures += 1)));
          this.addEventListener("message", drawn);
        }
      },
    );
  });
}

function noted(page: Page): Promise<Noted> {
  return page.evaluate(() => {
    const { width, height } = document.querySelector(".main-svg")?.getBoundingClientRect() ?? {
      width: 0,
      height: 0,
    };
    const box = document.querySelector<HTMLElement>("#chart");
    return {
      ...Reflect.get(window, "noted"),
      width: box?.clientWidth ?? 0,
      drawn: { width, height },
    };
  });
}

const MAJORS = [
  ["2", "plotly2/plotly.min.js"],
  ["3", "plotly3/plotly.min.js"],
  ["4", "plotly.js-finance-dist-min/plotly-finance.min.js"],
] as const;
const PLAIN = ["a box without any style", "", [0, 450]] as const;
const STYLED = ["a box as high as CSS says", "#chart { height: 300px }", [300]] as const;
const CASES = [
  ...MAJORS.map(([major, library]) => [major, library, ...PLAIN] as const),
  [...MAJORS[1], ...STYLED] as const,
];

describe("the page in the README", () => {
  test.for(CASES)(
    "with Plotly %s (%s) in %s never changes its height, and follows its width",
    async ([, plotly, , style, heights], { market: open, start, stopping, visit }) => {
      const market = await open();
      const server = await start(market.settings);
      const { url } = await stopping(copied(server.url, plotly, style));
      const page = await visit(url, {
        prepare: watch,
        expected: new RegExp(`^request to ${server.url}/stream/AAPL$`),
      });
      const moves = async (times: number) => {
        for (let moved = 0; moved < times; moved += 1) {
          const { figures } = await noted(page);
          market.step();
          await expect.poll(async () => (await noted(page)).figures, SOON).toBe(figures + 1);
        }
      };
      await expect.poll(async () => (await noted(page)).figures, SOON).toBe(1);
      await moves(FIGURES);
      const wide = await noted(page);
      expect(wide.heights).toEqual(heights);
      expect(wide.drawn).toEqual({ width: wide.width, height: heights.at(-1) });

      await page.setViewportSize({ width: 700, height: 800 });
      await moves(2);
      const narrow = await noted(page);
      expect(narrow.width).toBeLessThan(700);
      expect(narrow.heights).toEqual(heights);
      expect(narrow.drawn).toEqual({ width: narrow.width, height: heights.at(-1) });
    },
  );
});
