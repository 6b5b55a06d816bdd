// @vitest-environment happy-dom
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { useLiveChart } from "../src/hooks/useLiveChart";
import { DRAW_INTERVAL_MS, SETTLE_MS } from "../src/lib/chart/drawGate";
import { DEFAULT_SETTINGS, type PaneSettings } from "../src/lib/chart/paneSettings";
import { plotly } from "../src/lib/chart/plotlyLibrary";
import { PaneLink, type PaneMessage } from "../src/lib/page/paneLink";
import type { Figure } from "../src/lib/wire/figure";
import { COLORS } from "../src/lib/wire/wire.gen";
import { doubleClick, drag, fakePlotly, grab } from "./fakePlotly";
import { aCandleFigure, minutes } from "./figures";
import { act, pass, renderHook } from "./mounted";
import { aLayout, aLine } from "./traces";

vi.mock("plotly.js-finance-dist-min", async () => ({
  default: (await import("./fakePlotly")).fakePlotly,
}));

const FRAME_MS = 20;
/** After this everything that was to be drawn has been. */
const REST_MS = DRAW_INTERVAL_MS + SETTLE_MS + FRAME_MS;
const SOMEWHERE: [string, string] = ["2026-08-31 09:32:10.5", "2026-08-31 09:41"];

/** A line of so many minutes. */
function aLineFigure(count: number, layout: Partial<Figure["layout"]> = {}): Figure {
  const x = minutes(count);
  return {
    data: [
      aLine(
        "price",
        x,
        x.map((_, row) => row),
      ),
    ],
    layout: aLayout({ uirevision: "AAPL|1m", ...layout }),
  };
}

interface Given {
  figure: Figure | null;
  symbol?: string;
  settings?: PaneSettings;
}

function aPane(first: Given, link?: PaneLink) {
  const host = document.createElement("div");
  const { result, rerender, unmount } = renderHook(
    ({ figure, symbol = "AAPL", settings = DEFAULT_SETTINGS }: Given) => {
      const live = useLiveChart({ figure, symbol }, settings, COLORS.dark, link);
      live.host.current = host;
      return live;
    },
    { initialProps: first },
  );
  return {
    host,
    unmount,
    live: () => result.current,
    scene: () => result.current.scene,
    give: async (next: Given, ms = REST_MS) => {
      rerender(next);
      await pass(ms);
    },
    byHand: async (gesture: () => void) => {
      act(gesture);
      await pass(REST_MS);
    },
  };
}

const drawn = () => fakePlotly.drawn.at(-1);
const range = () => drawn()?.layout.xaxis.range;

beforeAll(async () => void (await plotly()));
beforeEach(() => {
  fakePlotly.drawn = [];
  fakePlotly.fails = false;
});

describe("a chart", () => {
  it("tells what is on the screen once it is drawn, and not before", async () => {
    const pane = aPane({ figure: null });
    await pass(REST_MS);
    expect(pane.scene()).toBeNull();
    await pane.give({ figure: aLineFigure(20) });
    expect(pane.scene()).toMatchObject({ key: "AAPL", mode: { kind: "follow" }, newBars: 0 });
    expect(pane.scene()?.bars.walls).toHaveLength(20);
    expect(fakePlotly.drawn).toHaveLength(1);
  });

  it("follows the newest bars as they come", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    const before = pane.scene()?.to ?? 0;
    await pane.give({ figure: aLineFigure(23) });
    expect(pane.scene()?.to).toBeGreaterThan(before);
  });

  it("shows a choice on the next frame, and draws nothing for none", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(FRAME_MS);
    const settings = { ...DEFAULT_SETTINGS, window: "15m" as const };
    await pane.give({ figure: aLineFigure(20), settings }, FRAME_MS);
    expect(range()).toEqual(["2026-08-31T09:35:00.000", "2026-08-31T09:50:00.000"]);
    await pass(REST_MS);
    const draws = fakePlotly.drawn.length;
    await pane.give({ figure: null, settings: { ...settings } });
    expect(fakePlotly.drawn).toHaveLength(draws);
  });

  it("is not said to be of another symbol before that one is drawn", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.give({ figure: aLineFigure(5), symbol: "MSFT" }, 0);
    act(() => grab(pane.host));
    expect(pane.scene()?.key).toBe("AAPL");
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    expect(pane.scene()?.key).toBe("MSFT");
  });

  it("puts a study away and brings it back", async () => {
    const pane = aPane({ figure: aCandleFigure() });
    await pass(REST_MS);
    const shown = () => drawn()?.data.find(({ uid }) => uid === "sma-20-sma")?.visible;
    for (const visible of ["legendonly", undefined]) {
      act(() => pane.live().toggle("sma:20"));
      await pass(REST_MS);
      expect(shown()).toBe(visible);
      expect(pane.live().hidden.has("sma:20")).toBe(visible !== undefined);
    }
  });

  it("keeps the figure while paused and counts what is new, yet shows another symbol", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    const paused = { ...DEFAULT_SETTINGS, paused: true };
    await pane.give({ figure: aLineFigure(20), settings: paused });
    await pane.give({ figure: aLineFigure(23), settings: paused });
    expect([pane.scene()?.bars.walls.length, pane.scene()?.newBars]).toEqual([20, 3]);
    await pane.give({ figure: aLineFigure(5), symbol: "MSFT", settings: paused });
    expect(pane.scene()).toMatchObject({ key: "MSFT", newBars: 0 });
    expect(pane.scene()?.bars.walls).toHaveLength(5);
    await pane.give({ figure: aLineFigure(6), symbol: "MSFT", settings: paused });
    await pane.give({ figure: aLineFigure(6), symbol: "MSFT" });
    expect([pane.scene()?.bars.walls.length, pane.scene()?.newBars]).toEqual([6, 0]);
  });

  it("ends with its pane", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    pane.live().chart.current?.show(aLineFigure(21), "AAPL");
    pane.unmount();
    await pass(REST_MS);
    expect(fakePlotly.has(pane.host)).toBe(false);
    expect(fakePlotly.drawn).toHaveLength(1);
  });
});

describe("a figure that cannot be drawn", () => {
  beforeEach(() => void vi.spyOn(console, "error").mockReturnValue());

  it("is told, and the next one is drawn", async () => {
    fakePlotly.fails = true;
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    expect(pane.live().failure).toBe("This figure could not be drawn.");
    expect(console.error).toHaveBeenCalledOnce();
    fakePlotly.fails = false;
    await pane.give({ figure: aLineFigure(21) });
    expect(pane.live().failure).toBeNull();
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    expect(pane.scene()?.mode.kind).toBe("frozen");
  });

  it("leaves nothing to be said of the one before it", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    fakePlotly.fails = true;
    await pane.give({ figure: aLineFigure(5), symbol: "MSFT" });
    await pane.byHand(() => grab(pane.host));
    expect(pane.scene()?.key).toBe("AAPL");
    expect(pane.live().failure).not.toBeNull();
  });
});

describe("a hand on the chart", () => {
  it("decides what stretch of time is shown, whatever bars come", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    expect(range()).toEqual(SOMEWHERE);
    await pane.give({ figure: aLineFigure(24) });
    expect(range()).toEqual(SOMEWHERE);
    expect(pane.scene()).toMatchObject({ mode: { kind: "frozen" }, newBars: 4, moving: false });
  });

  it("is not disturbed by a draw", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => grab(pane.host));
    expect(pane.scene()?.moving).toBe(true);
    await pane.give({ figure: aLineFigure(24) });
    expect(fakePlotly.drawn).toHaveLength(1);
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    expect(pane.scene()?.bars.walls).toHaveLength(24);
  });

  it("goes back to the newest bars with a double click", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    const before = range();
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    await pane.byHand(() => doubleClick(pane.host));
    expect(range()).toEqual(before);
    expect(pane.scene()?.mode.kind).toBe("follow");
  });

  it("has no say any more when other times are shown", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    await pane.give({ figure: aLineFigure(24, { uirevision: "AAPL|5m" }) });
    expect(pane.scene()?.mode.kind).toBe("follow");
  });

  it("stays where it is on another clock", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    await pane.give({ figure: aLineFigure(20), settings: { ...DEFAULT_SETTINGS, zone: "utc" } });
    expect(range()).toEqual(["2026-08-31T13:32:10.500", "2026-08-31T13:41:00.000"]);
  });
});

describe("the newest bar", () => {
  const AT_THE_END: [string, string] = ["2026-08-31 09:40:30", "2026-08-31 09:50"];

  it("in sight is followed at the width that the hand has set", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => drag(pane.host, AT_THE_END));
    expect(pane.scene()?.mode.kind).toBe("follow");
    await pane.give({ figure: aLineFigure(24) });
    expect(range()).toEqual(["2026-08-31T09:44:30.000", "2026-08-31T09:54:00.000"]);
    expect(pane.scene()?.newBars).toBe(0);
    act(() => pane.live().chart.current?.follow("all"));
    await pass(REST_MS);
    expect(pane.scene()?.from).toBeLessThan(Date.parse("2026-08-31T09:30:00Z"));
  });

  it("that a hand comes back to is followed again", async () => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    expect(pane.scene()?.mode.kind).toBe("frozen");
    await pane.byHand(() => drag(pane.host, AT_THE_END));
    expect(pane.scene()?.mode.kind).toBe("follow");
  });

  it.each([
    ["before the first bar", "2026-08-31 09:20", "2026-08-31 09:36", "2026-08-31T09:29:30.000"],
    ["far before it", "2026-08-30 09:20", "2026-08-30 09:36", "2026-08-31T09:29:30.000"],
    ["into the future", "2026-08-31 09:46", "2026-08-31 10:02", "2026-08-31T09:34:00.000"],
  ])("and the first hold a chart that is dragged %s", async (_, from, to, start) => {
    const pane = aPane({ figure: aLineFigure(20) });
    await pass(REST_MS);
    await pane.byHand(() => drag(pane.host, [from, to]));
    await pass(REST_MS);
    expect((range() as readonly string[])[0]).toBe(start);
    const { from: left = 0, to: right = 0 } = pane.scene() ?? {};
    expect(right - left).toBe(16 * 60_000);
  });
});

describe("a stretch that is asked for", () => {
  const ASKED = {
    from: Date.parse("2026-08-31T09:33:00-04:00"),
    to: Date.parse("2026-08-31T09:41:00-04:00"),
  };
  const SHOWN = ["2026-08-31T09:33:00.000", "2026-08-31T09:41:00.000"];

  it("before there is a chart is shown with its first figure, and is no move of the reader's", async () => {
    const link = new PaneLink();
    const heard = vi.fn();
    const { say } = link.join(heard);
    const pane = aPane({ figure: null }, link);
    act(() => say({ kind: "range", ...ASKED, frozen: true }));
    await pane.give({ figure: aLineFigure(20) });
    expect(range()).toEqual(SHOWN);
    expect(pane.scene()?.mode.kind).toBe("frozen");
    expect(heard).not.toHaveBeenCalled();
  });

  it("is gone to again with other bars, until the reader goes elsewhere", async () => {
    const link = new PaneLink();
    const { say } = link.join(() => {});
    const pane = aPane({ figure: aLineFigure(20) }, link);
    await pass(REST_MS);
    act(() => say({ kind: "range", ...ASKED, frozen: true }));
    await pane.give({ figure: aLineFigure(30, { uirevision: "MSFT|1m" }) });
    expect(range()).toEqual(SHOWN);
    await pane.byHand(() => drag(pane.host, SOMEWHERE));
    await pane.give({ figure: aLineFigure(30, { uirevision: "NVDA|1m" }) });
    expect(pane.scene()?.mode.kind).toBe("follow");
  });

  it("without bars of this chart leaves it as it is", async () => {
    const link = new PaneLink();
    const { say } = link.join(() => {});
    aPane({ figure: aLineFigure(20) }, link);
    await pass(REST_MS);
    const before = range();
    const day = 24 * 3_600_000;
    for (const away of [-day, day]) {
      const [from, to] = [ASKED.from + away, ASKED.to + away];
      act(() => say({ kind: "range", from, to, frozen: true }));
      await pass(REST_MS);
      expect(range()).toEqual(before);
    }
  });
});

describe("the charts of a grid", () => {
  it("move together, and only the one under the hand speaks", async () => {
    const link = new PaneLink();
    const heard: PaneMessage[] = [];
    link.join((message) => heard.push(message));
    const [one, two] = [
      aPane({ figure: aLineFigure(20) }, link),
      aPane({ figure: aLineFigure(20) }, link),
    ];
    await pass(REST_MS);
    await one.byHand(() => drag(one.host, SOMEWHERE));
    expect(two.scene()).toMatchObject({ from: one.scene()?.from, to: one.scene()?.to });
    expect(two.scene()?.mode.kind).toBe("frozen");
    await one.byHand(() => doubleClick(one.host));
    expect([one, two].map((pane) => pane.scene()?.mode.kind)).toEqual(["follow", "follow"]);
    expect(heard).toEqual([
      {
        kind: "range",
        from: Date.parse("2026-08-31T09:32:10.5-04:00"),
        to: Date.parse("2026-08-31T09:41:00-04:00"),
        frozen: true,
      },
      { kind: "live" },
    ]);
  });

  it("do not follow each other to where there is next to nothing", async () => {
    const link = new PaneLink();
    const { say } = link.join(() => {});
    const pane = aPane({ figure: aLineFigure(20) }, link);
    await pass(REST_MS);
    act(() => say({ kind: "range", from: 0, to: 3 * 60_000, frozen: true }));
    await pass(REST_MS);
    expect(pane.scene()?.mode.kind).toBe("follow");
  });

  it("leave the grid with their pane", () => {
    const link = new PaneLink();
    const leave = vi.fn();
    vi.spyOn(link, "join").mockReturnValue({ say: () => {}, leave });
    aPane({ figure: null }, link).unmount();
    expect(leave).toHaveBeenCalledOnce();
  });
});
