// @vitest-environment happy-dom
import { createElement, type ReactNode } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { navigate, PageContext, usePage, usePageControl } from "../src/hooks/usePage";
import { act, renderHook } from "./mounted";

const here = () => location.pathname + location.search;

function pageAt(address: string) {
  history.replaceState(null, "", address);
  const steps = vi.spyOn(history, "pushState");
  const { result } = renderHook(() => usePageControl());
  return {
    control: () => result.current,
    does: (change: (control: typeof result.current) => void) => act(() => change(result.current)),
    /** How many steps Back would undo. */
    steps: () => steps.mock.calls.length,
  };
}

/** What a browser does after Back. */
function goBackTo(address: string): void {
  history.replaceState(null, "", address);
  act(() => void dispatchEvent(new PopStateEvent("popstate")));
}

beforeEach(() => history.replaceState(null, "", "/"));

describe("the page", () => {
  it("is what its address says", () => {
    const { control } = pageAt("/chart/MSFT?range=5d&zone=utc");
    expect(control().chart).toMatchObject({ symbol: "MSFT", range: "5d" });
    expect(control().page).toMatchObject({ zone: "utc", problem: null });
  });

  it("has one address, which is no step in the history", () => {
    const { steps } = pageAt("/chart/msft?scale=linear&nonsense=1");
    expect(here()).toBe("/chart/MSFT");
    expect(steps()).toBe(0);
  });

  it("leaves the root and a broken address as they are", () => {
    pageAt("/");
    expect(here()).toBe("/");
    const { control } = pageAt("/chart/a%20b");
    expect(here()).toBe("/chart/a%20b");
    expect(control().chart).toBeNull();
  });

  it("makes every change a step that Back undoes, and none of a change to what is so", () => {
    const { control, does, steps } = pageAt("/chart/AAPL");
    does(({ change }) => change({ palette: "red-up" }));
    expect(here()).toBe("/chart/AAPL?palette=red-up");
    expect(control().page.palette).toBe("red-up");
    does(({ change }) => change({ palette: "red-up" }));
    expect(steps()).toBe(1);
    goBackTo("/chart/AAPL");
    expect(control().page.palette).toBe("safe");
  });

  it("goes wherever else in the page somebody navigates to", () => {
    const { control } = pageAt("/chart/AAPL");
    act(() => navigate("/chart/NVDA"));
    expect(control().chart?.symbol).toBe("NVDA");
  });
});

describe("a stretch of time", () => {
  const stretch = {
    from: Date.parse("2026-08-31T13:30:00.400Z"),
    to: Date.parse("2026-08-31T14:00:00.400Z"),
  };

  it("is a step when the charts freeze and when they follow again, and none in between", () => {
    const { does, steps } = pageAt("/chart/AAPL?palette=red-up");
    does(({ freezeAt }) => freezeAt(stretch));
    expect(here()).toBe(
      "/chart/AAPL?from=2026-08-31T13:30:00Z&to=2026-08-31T14:00:01Z&palette=red-up",
    );
    does(({ freezeAt }) => freezeAt({ ...stretch, to: stretch.to + 60_000 }));
    expect(steps()).toBe(1);
    does(({ freezeAt }) => freezeAt(null));
    expect([here(), steps()]).toEqual(["/chart/AAPL?palette=red-up", 2]);
  });

  it("is no step in the history of the page around a frame", () => {
    const { does, steps } = pageAt("/chart/AAPL?embed=1");
    does(({ freezeAt }) => freezeAt(stretch));
    expect(here()).toContain("from=");
    expect(steps()).toBe(0);
  });
});

describe("of several charts", () => {
  const TWO = "/chart/AAPL?with=MSFT";

  it("the one last touched is changed", () => {
    const { control, does } = pageAt(TWO);
    expect(control().chart?.symbol).toBe("AAPL");
    does(({ select }) => select(1));
    does(({ changeChart }) => changeChart({ range: "5d" }));
    expect(here()).toBe("/chart/AAPL?with=MSFT;range=5d");
    expect(control().chart).toMatchObject({ symbol: "MSFT", range: "5d" });
  });

  it("another is selected when the selected one is gone", () => {
    const { control, does } = pageAt(TWO);
    does(({ select }) => select(1));
    goBackTo("/chart/AAPL");
    expect(control()).toMatchObject({ selected: 0, chart: { symbol: "AAPL" } });
  });

  it("each has its scale, and all have one palette and clock", () => {
    const { control, does } = pageAt(TWO);
    does(({ changeSettings }) => changeSettings(1, { scale: "log", zone: "utc" }));
    expect(here()).toBe("/chart/AAPL?with=MSFT;scale=log&zone=utc");
    does(({ changeSettings }) => changeSettings(0, { window: "15m", palette: "red-up" }));
    expect(control().page).toMatchObject({ zone: "utc", palette: "red-up" });
    expect(control().page.charts.map(({ scale, window }) => [scale, window])).toEqual([
      ["linear", "15m"],
      ["log", "all"],
    ]);
  });
});

describe("another symbol", () => {
  it("is shown as the last one was, and not compared with itself", () => {
    const { control, does } = pageAt("/chart/AAPL?range=5d&compare=MSFT,NVDA");
    expect(control().addressOf("MSFT")).toBe("/chart/MSFT?range=5d&compare=NVDA");
    does(({ go }) => go("MSFT"));
    expect(here()).toBe("/chart/MSFT?range=5d&compare=NVDA");
  });

  it("is shown without what could not be had of the chart that is left", () => {
    const { control, does } = pageAt("/chart/AAPL?compare=MSFT,NOPE1&with=C;compare=NOPE2");
    does(({ tellWrongs }) => tellWrongs(0, { leftOut: "NOPE1", ended: null }));
    does(({ tellWrongs }) => tellWrongs(1, { leftOut: "NOPE2", ended: null }));
    expect(control().addressOf("B")).toBe("/chart/B?compare=MSFT&with=C;compare=NOPE2");
    does(({ changeAt }) => changeAt(1, { compare: [] }));
    expect(here()).toBe("/chart/AAPL?compare=MSFT,NOPE1&with=C");
  });

  it("is a way on from an address without one", () => {
    const { does } = pageAt("/chart/a%20b?palette=red-up");
    does(({ go }) => go("AAPL"));
    expect(here()).toBe("/chart/AAPL?palette=red-up");
  });
});

describe("a component of the page", () => {
  it("has its choices from the page above it", () => {
    const { control } = pageAt("/chart/MSFT");
    const wrapper = ({ children }: { children: ReactNode }) =>
      createElement(PageContext, { value: control() }, children);
    expect(renderHook(() => usePage(), { wrapper }).result.current).toBe(control());
  });

  it("fails at once where there is none", () => {
    vi.spyOn(console, "error").mockReturnValue();
    expect(() => renderHook(() => usePage())).toThrow("PageContext");
  });
});
