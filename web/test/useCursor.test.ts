// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { useCursor } from "../src/hooks/useCursor";
import type { Scene } from "../src/lib/chart/scene";
import { PaneLink, type PaneMessage } from "../src/lib/page/paneLink";
import type { Figure } from "../src/lib/wire/figure";
import { minutes } from "./figures";
import { act, renderHook } from "./mounted";
import { aScene, BAR_PX, BOX } from "./scenes";
import { aLayout, aLine, aMeta } from "./traces";

const MIDDLE = BOX.top + BOX.height / 2;

function cursorOf(scene: Scene | null, link?: PaneLink) {
  const hook = renderHook(({ scene }) => useCursor(scene, link), { initialProps: { scene } });
  return {
    ...hook,
    at: () => hook.result.current.cursor,
    point: (x: number, y: number) => act(() => hook.result.current.point(x, y)),
    step: (bars: number) => {
      let row: number | null = null;
      act(() => {
        row = hook.result.current.step(bars);
      });
      return row;
    },
    leave: () => act(() => hook.result.current.leave()),
  };
}

function lineAt(stamps: readonly string[]): Figure {
  return {
    data: [
      aLine(
        "price",
        stamps,
        stamps.map(() => 1),
      ),
    ],
    layout: aLayout(),
  };
}

describe("the cursor", () => {
  it("is on the bar nearest to the pointer, at the pointer's height", () => {
    const scene = aScene();
    const cursor = cursorOf(scene);
    cursor.point(1.3 * BAR_PX, MIDDLE);
    expect(cursor.at()).toEqual({ wall: scene.bars.walls[1], y: MIDDLE });
  });

  it.each([
    ["beside the bars", BOX.left + BOX.width + 1, MIDDLE],
    ["on the time axis", BAR_PX, BOX.top + BOX.height + 1],
  ])("is away when the pointer is %s", (_, x, y) => {
    const cursor = cursorOf(aScene());
    cursor.point(BAR_PX, MIDDLE);
    cursor.point(x, y);
    expect(cursor.at()).toBeNull();
  });

  it("is away while a hand moves the chart, and where there is none", () => {
    const cursor = cursorOf(aScene());
    cursor.point(BAR_PX, MIDDLE);
    cursor.rerender({ scene: aScene({ moving: true }) });
    cursor.point(BAR_PX, MIDDLE);
    expect(cursor.at()).toBeNull();
    const nowhere = cursorOf(null);
    nowhere.point(BAR_PX, MIDDLE);
    expect([nowhere.at(), nowhere.step(1)]).toEqual([null, null]);
  });

  it("walks from the newest bar on the screen, and no further than the chart", () => {
    const scene = aScene();
    const [, , third = 0] = scene.bars.walls;
    const cursor = cursorOf({ ...scene, to: third });
    expect(cursor.step(-1)).toBe(2);
    expect(cursor.step(-1)).toBe(1);
    expect(cursor.step(-10)).toBe(0);
    expect(cursor.step(99)).toBe(3);
    expect(cursor.at()).toEqual({ wall: scene.bars.walls[3], y: null });
  });

  it("stays on its bar when older bars leave and newer ones come", () => {
    const cursor = cursorOf(aScene({}, lineAt(minutes(4))));
    cursor.point(2 * BAR_PX, MIDDLE);
    const before = cursor.at();
    cursor.rerender({ scene: aScene({}, lineAt(minutes(6).slice(1))) });
    expect(cursor.at()).toEqual(before);
    expect(cursor.step(1)).toBe(2);
  });
});

const minuteOf = (stamp: string) => ({
  from: Date.parse(stamp),
  until: Date.parse(stamp) + 60_000,
});

describe("the cursors of a grid", () => {
  function grid() {
    const link = new PaneLink();
    const heard: PaneMessage[] = [];
    const { say } = link.join((message) => heard.push(message));
    return { link, heard, say };
  }

  it("tell each other the instant, once a bar, and when they leave", () => {
    const { link, heard } = grid();
    const scene = aScene();
    const cursor = cursorOf(scene, link);
    cursor.point(BAR_PX, MIDDLE);
    cursor.point(1.1 * BAR_PX, MIDDLE + 10);
    cursor.leave();
    cursor.leave();
    const [, from, until] = scene.bars.instants;
    expect(heard).toEqual([
      { kind: "cursor", bar: { from, until } },
      { kind: "cursor", bar: null },
    ]);
  });

  it("go to the same instant on a clock of their own, and say nothing back", () => {
    const { link, heard, say } = grid();
    const scene = aScene();
    const cursor = cursorOf(scene, link);
    act(() => say({ kind: "cursor", bar: minuteOf("2026-08-31T13:32:00Z") }));
    expect(cursor.at()).toEqual({ wall: scene.bars.walls[2], y: null });
    act(() => say({ kind: "range", from: 0, to: 1, frozen: true }));
    expect(cursor.at()).not.toBeNull();
    act(() => say({ kind: "cursor", bar: null }));
    expect(cursor.at()).toBeNull();
    expect(heard).toEqual([]);
  });

  it("are on the bar in which the other one begins, and not on the nearest", () => {
    const { link, say } = grid();
    const stamps = ["09:30", "09:35", "09:40"].map((time) => `2026-08-31T${time}:00-04:00`);
    const scene = aScene({}, lineAt(stamps));
    const cursor = cursorOf(scene, link);
    act(() => say({ kind: "cursor", bar: minuteOf("2026-08-31T13:39:00Z") }));
    expect(cursor.at()?.wall).toBe(scene.bars.walls[1]);
  });

  it("are on the last bar before, where none is traded", () => {
    const { link, say } = grid();
    const scene = aScene({}, lineAt([...minutes(3), ...minutes(3, "2026-09-01T13:30:00Z")]));
    const cursor = cursorOf(scene, link);
    act(() => say({ kind: "cursor", bar: minuteOf("2026-09-01T03:00:00Z") }));
    expect(cursor.at()?.wall).toBe(scene.bars.walls[2]);
    act(() => say({ kind: "cursor", bar: minuteOf("2026-08-31T11:00:00Z") }));
    expect(cursor.at(), "before the first bar there is nothing to say").toBeNull();
  });

  it.each([
    ["America/New_York", "-04:00", "2026-09-01T13:30:00Z"],
    ["Asia/Tokyo", "+09:00", "2026-09-01T00:00:00Z"],
  ])("find the day of a minute in %s, and the first minute of a day", (zone, offset, open) => {
    const days = ["2026-08-31", "2026-09-01", "2026-09-02"];
    const meta = aMeta();
    const layout = aLayout({ meta: { ...meta, instrument: { ...meta.instrument, zone } } });
    const daily = aScene({}, { ...lineAt(days), layout });
    const at = (instant: number) =>
      `${new Date(instant + Number(offset.slice(0, 3)) * 3_600_000).toISOString().slice(0, 19)}${offset}`;
    const minutely = aScene(
      {},
      lineAt([
        at(Date.parse(open) - 20 * 3_600_000),
        at(Date.parse(open)),
        at(Date.parse(open) + 60_000),
      ]),
    );
    const { link } = grid();
    const [day, minute] = [cursorOf(daily, link), cursorOf(minutely, link)];
    minute.point(0, MIDDLE);
    act(() => minute.result.current.toRow(2));
    expect(day.at()?.wall).toBe(Date.parse("2026-09-01"));
    act(() => day.result.current.toRow(0));
    act(() => day.result.current.toRow(1));
    expect(minute.at()?.wall).toBe(minutely.bars.walls[1]);
  });

  it("leave the grid with their chart", () => {
    const { link } = grid();
    const leave = vi.fn();
    vi.spyOn(link, "join").mockReturnValue({ say: () => {}, leave });
    cursorOf(aScene(), link).unmount();
    expect(leave).toHaveBeenCalledOnce();
  });
});
