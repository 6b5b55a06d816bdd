/** The figures by Plotly's own judgement, and in a page that knows nothing but Plotly. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, drawn, moves } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { everyFigure, KINDS, UNHURRIED } from "./support/matrix.ts";
import { site, yahoo } from "./support/stub.ts";

interface Figure {
  data: { uid: string; x?: string[] }[];
  layout: Record<string, unknown>;
}

/** Has the page's own file of Plotly under the name that Plotly has elsewhere. */
function bringPlotly(page: Page): Promise<void> {
  // As text: the tests' own modules are brought in another way.
  return page.evaluate(`
    import(document.querySelector("link[rel=modulepreload]").href)
      .then(({ default: library }) => { window.Plotly = library; })`);
}

/** Fetches a figure and has the page's Plotly validate it: what is wrong, and how much was drawn. */
async function validated(page: Page, path: string) {
  await bringPlotly(page);
  return page.evaluate(async (url) => {
    const { validate } = Reflect.get(window, "Plotly") as {
      validate(data: object[], layout: object): { msg: string }[] | undefined;
    };
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    const { data, layout } = (await response.json()) as Figure;
    const problems = (figure: Figure) =>
      validate(figure.data, figure.layout)?.map(({ msg }) => msg) ?? [];
    return {
      problems: problems({ data, layout }),
      points: data.find(({ uid }) => uid === "price")?.x?.length ?? 0,
      layout,
      // The same with a title of Plotly 3's kind: this test can fail.
      control: problems({ data, layout: { ...layout, title: "AAPL" } }),
    };
  }, path);
}

describe("Plotly finds nothing to say about", () => {
  test.for([
    ["dark", "1d", 390],
    ["dark", "5d", 1950],
    ["light", "1d", 390],
    ["light", "5d", 1950],
  ] as const)("the figure in %s of %s", async ([theme, range, points], { server, visit }) => {
    const page = await visit(server.url);
    const found = await validated(page, `/figure/AAPL?theme=${theme}&interval=1m&range=${range}`);
    expect(found).toMatchObject({ problems: [], points });
    expect(found.control).not.toEqual([]);
  });

  test.for(KINDS)(
    "every kind of figure of %s bars",
    { timeout: 300_000 },
    async ([, symbols, args], { start, visit }) => {
      const { url } = await start({ args, env: UNHURRIED });
      const page = await visit(url);
      for (const path of await everyFigure(url, symbols)) {
        expect({ path, ...(await validated(page, path)) }).toMatchObject({ problems: [] });
      }
    },
  );

  test("a figure without bars, and the page says it in words", async ({
    start,
    stopping,
    visit,
  }) => {
    const provider = await stopping(yahoo("no_bars.json"));
    const { url } = await start({ args: ["--source", "yahoo", "--yahoo-base-url", provider.url] });
    const page = await visit(`${url}/chart/FICT`);
    const found = await validated(page, "/figure/FICT");
    expect(found).toMatchObject({ problems: [], points: 0 });
    expect(found.layout.annotations).toMatchObject([{ text: "No bars yet" }]);
    const message = page.getByTestId("message");
    await message.waitFor();
    expect(await message.getAttribute("data-kind")).toBe("empty");
    expect(await page.getByTestId("name").textContent()).toBe("Fictional Motors Inc.");
  });

  test.for(["dark", "light"] as const)(
    "a recorded file with a night left out, in %s",
    async (theme, { start, visit }) => {
      const file = "TWO=tests/fixtures/replay/two_days.csv";
      const zone = "America/New_York";
      const { url } = await start({ args: ["--file", file, "--timezone", zone] });
      const page = await visit(`${url}/chart/TWO`);
      const found = await validated(page, `/figure/TWO?interval=1m&range=5d&theme=${theme}`);
      expect(found).toMatchObject({ problems: [], points: 5 });
      expect(found.layout.xaxis).toMatchObject({ rangebreaks: [{}] });
      await becomes(page, "panel", "chart");
    },
  );
});

/** Draws a figure as it comes; how wide its bars are, in bars of a minute. */
function widths(page: Page, path: string): Promise<number[]> {
  return page.evaluate(async (url) => {
    const { newPlot } = Reflect.get(window, "Plotly") as {
      newPlot(box: HTMLElement, figure: object): Promise<{ _fullLayout: { xaxis: Drawn } }>;
    };
    interface Drawn {
      _length: number;
      range: [string, string];
    }
    const box = document.body.appendChild(document.createElement("div"));
    const { data, layout } = await (await fetch(url)).json();
    const { xaxis } = (await newPlot(box, { data, layout: { ...layout, width: 800, height: 400 } }))
      ._fullLayout;
    const [from, to] = xaxis.range.map((bound) => Date.parse(`${bound.replace(" ", "T")}Z`));
    const minute = (xaxis._length * 60_000) / ((to as number) - (from as number));
    const bars = box.querySelectorAll<SVGGraphicsElement>(".boxlayer path.box, .ohlclayer path");
    return [...bars].map((bar) => bar.getBBox().width / minute).filter((width) => width > 0);
  }, path);
}

test.for([
  ["candlestick", "periods_object.json", 1],
  ["ohlc", "periods_object.json", 1],
  ["candlestick", "session.json", 3],
  ["ohlc", "session.json", 3],
] as const)(
  "bars of %s are as wide as their minute, from %s on",
  async ([chart, body, count], { start, stopping, visit }) => {
    const provider = await stopping(yahoo(body));
    const { url } = await start({ args: ["--source", "yahoo", "--yahoo-base-url", provider.url] });
    const page = await visit(`${url}/chart/FICT?chart=${chart}&interval=1m&range=1d`);
    await becomes(page, "panel", "chart");
    await bringPlotly(page);
    const drawn = await widths(page, `/figure/FICT?chart=${chart}&interval=1m&range=1d`);
    expect(drawn).toHaveLength(count);
    for (const width of drawn) {
      expect(width).toBeGreaterThan(0.4);
      expect(width).toBeLessThan(0.7);
    }
  },
);

test("one line in a page of another site is a client", async ({ server, stopping, visit }) => {
  const { url } = await stopping(
    site(`new EventSource("${server.url}/stream/AAPL").onmessage =
      e => Plotly.react("chart", JSON.parse(e.data))`),
  );
  const page = await visit(url, { expected: new RegExp(`^request to ${server.url}/stream/AAPL$`) });
  expect(await drawn(page)).toMatchObject({ points: 390 });
  await moves(page);
  // The figure brings its configuration.
  expect(await page.locator(".modebar").textContent()).toBe("");
  expect(await page.locator("[data-title*='Share'], .modebar-btn--logo").count()).toBe(0);
});
