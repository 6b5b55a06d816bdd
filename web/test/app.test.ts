// @vitest-environment happy-dom
import { act, render } from "@testing-library/react";
import { createElement } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { App } from "../src/components/App";
import { WRITE_DELAY_MS } from "../src/hooks/useStretch";
import { plotly } from "../src/lib/chart/plotlyLibrary";
import { patience } from "../src/lib/stream/freshness";
import type { Figure } from "../src/lib/wire/figure";
import { FakeStream } from "./fakeBrowser";
import { drag } from "./fakePlotly";
import { aStatus } from "./fakes";
import { minutes } from "./figures";
import { cleanup, pass } from "./mounted";
import { aLayout, aLine, aMeta } from "./traces";

vi.mock("plotly.js-finance-dist-min", async () => ({
  default: (await import("./fakePlotly")).fakePlotly,
}));
vi.mock("../src/lib/stream/openStream", async () => {
  const { FakeStream } = await import("./fakeBrowser");
  return {
    openStream: (tell: ConstructorParameters<typeof FakeStream>[0]) => new FakeStream(tell),
  };
});

const REST_MS = 1_000;
const SOMEWHERE: [string, string] = ["2026-08-31 09:32:10.5", "2026-08-31 09:41"];

function aLineFigure(meta = {}): Figure {
  const x = minutes(20);
  return {
    data: [
      aLine(
        "price",
        x,
        x.map((_, row) => row),
      ),
    ],
    layout: aLayout({ meta: aMeta(meta), uirevision: "AAPL|1m" }),
  };
}

/** The page at an address, on a stream that is told what to say. */
async function pageAt(address: string) {
  history.replaceState(null, "", address);
  // Nothing is offered but the chart.
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  const { container } = render(createElement(App));
  await pass(REST_MS);
  const [stream] = FakeStream.opened as [FakeStream];
  const keyOf = (start: string) => {
    const key = stream.views.find((key) => key.startsWith(start) && !key.includes("spark"));
    if (key === undefined) throw new Error(`no chart of ${start} in ${stream.views.join(" ")}`);
    return key;
  };
  const one = (id: string) => container.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  return {
    one,
    text: (id: string) => one(id)?.textContent ?? null,
    state: (id: string) => one(id)?.dataset.state,
    find: (selector: string) => container.querySelector<HTMLElement>(selector),
    says: async (start: string, figure: Figure, status = aStatus()) => {
      const key = keyOf(start);
      act(() => {
        stream.tell({ kind: "connection", connection: "live" });
        stream.tell({ kind: "status", key, status, at: Date.now() });
        stream.tell({ kind: "figure", key, figure, at: Date.now() });
      });
      await pass(REST_MS);
    },
    loses: () => act(() => stream.tell({ kind: "connection", connection: "reconnecting" })),
    refuses: (start: string, about: "symbol" | "view" | "access") =>
      act(() => stream.tell({ kind: "ended", key: keyOf(start), reason: "No such thing.", about })),
    click: async (element: HTMLElement | null) => {
      act(() => element?.click());
      await pass(REST_MS);
    },
    goes: async (to: string) => {
      history.pushState(null, "", to);
      act(() => void dispatchEvent(new PopStateEvent("popstate")));
      await pass(REST_MS);
    },
  };
}

const here = () => location.pathname + location.search;

beforeEach(async () => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  await plotly();
});

// The store notices a moment later that nobody is left.
afterEach(async () => {
  cleanup();
  await pass(REST_MS);
});

describe("the page", () => {
  it("shows the chart as live, and after a silence nothing as live", async () => {
    const { says, state, text, one } = await pageAt("/chart/AAPL");
    await says("AAPL", aLineFigure());
    expect([state("panel"), state("connection"), state("data")]).toEqual([
      "chart",
      "live",
      "fresh",
    ]);
    expect(one("price")?.dataset.fresh).toBe("true");
    await pass(patience(null));
    expect(state("connection")).toBe("silent");
    expect(text("connection")).toMatch(/^No word from the server for \d+ s$/);
    expect(one("price")?.dataset.fresh).toBe("false");
    expect(one("chart-keys")?.dataset.dimmed).toBe("true");
    expect(text("banner")).toContain("No word from the server");
    expect(document.title).toContain("not live");
    await says("AAPL", aLineFigure());
    expect([state("connection"), one("price")?.dataset.fresh]).toEqual(["live", "true"]);
  });

  it("marks the chart of the former choice until that of the new one comes", async () => {
    const { says, loses, goes, one, text } = await pageAt("/chart/AAPL");
    await says("AAPL", aLineFigure());
    loses();
    await goes("/chart/AAPL?range=5d");
    expect(one("panel")?.dataset.former).toBe("true");
    expect(one("chart-keys")?.dataset.dimmed).toBe("true");
    expect(text("banner")).toContain("the former chart");
    await says("AAPL;range=5d", aLineFigure());
    expect(one("panel")?.dataset.former).toBe("false");
    expect(one("banner")).toBeNull();
  });

  it("names a compared symbol that is left out, and lets it go", async () => {
    const { says, find, text, one, click } = await pageAt("/chart/AAPL?compare=MSFT,NOPE1");
    const message = "left out of the comparison: NOPE1 is not known to the sim source";
    await says("AAPL", aLineFigure({ omitted: ["NOPE1"] }), aStatus({ message }));
    expect(text("left-out")).toContain("NOPE1 is left out of the comparison: NOPE1 is not known");
    const home = find('a[aria-label="figcast, home"]') as HTMLAnchorElement;
    expect(home.href).not.toContain("NOPE1");
    await click(find('[aria-label="Remove NOPE1 from the comparison"]'));
    expect(here()).toBe("/chart/AAPL?compare=MSFT");
    expect(one("left-out")).toBeNull();
  });

  it("leads from a chart that is refused to charts that are not", async () => {
    const { refuses, find } = await pageAt("/chart/AAPL?range=5d&studies=foo");
    refuses("AAPL", "view");
    const ways = find(".message__ways")?.querySelectorAll("a") ?? [];
    expect([...ways].map((way) => way.getAttribute("href"))).toEqual([
      "/chart/AAPL",
      "/chart/MSFT",
      "/chart/NVDA",
    ]);
  });

  it("leads from a chart without options that is not allowed to others alone", async () => {
    const { refuses, find } = await pageAt("/chart/AAPL?scale=log");
    refuses("AAPL", "access");
    const ways = find(".message__ways")?.querySelectorAll("a") ?? [];
    expect([...ways].map((way) => way.textContent)).toEqual(["MSFT", "NVDA", "BTC-USD"]);
  });

  it("keeps a stretch that is gone back to in its address, and leaves it with Back", async () => {
    const { says, one, goes } = await pageAt("/chart/AAPL");
    await says("AAPL", aLineFigure());
    act(() => drag(one("chart") as HTMLElement, SOMEWHERE));
    await pass(REST_MS + WRITE_DELAY_MS);
    expect(one("panel")?.dataset.mode).toBe("frozen");
    expect(here()).toBe("/chart/AAPL?from=2026-08-31T13:32:10Z&to=2026-08-31T13:41:00Z");
    await goes("/chart/AAPL");
    await pass(REST_MS);
    expect(one("panel")?.dataset.mode).toBe("follow");
    await goes("/chart/AAPL?from=2026-08-31T13:32:10Z&to=2026-08-31T13:41:00Z");
    await pass(REST_MS);
    expect(one("panel")?.dataset.mode).toBe("frozen");
  });
});
