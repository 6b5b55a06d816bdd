// @vitest-environment happy-dom
import type { KeyboardEvent } from "react";
import { describe, expect, it, vi } from "vitest";
import { useCursor } from "../src/hooks/useCursor";
import { useKeys } from "../src/hooks/useKeys";
import type { Stretch } from "../src/lib/bars/stretch";
import { DEFAULT_SETTINGS } from "../src/lib/chart/paneSettings";
import type { Scene } from "../src/lib/chart/scene";
import { unitOf } from "../src/lib/text/barText";
import { act, renderHook } from "./mounted";
import { aScene } from "./scenes";
import { aLayout } from "./traces";

const UNIT = unitOf(aLayout());

function keysOf(
  scene: Scene | null,
  { paused = false, aim = null }: { paused?: boolean; aim?: Stretch | null } = {},
) {
  const can = {
    onSettings: vi.fn(),
    aim: () => aim,
    move: vi.fn(),
    goLive: vi.fn(),
    showTable: vi.fn(),
    showHelp: vi.fn(),
  };
  const settings = { ...DEFAULT_SETTINGS, paused };
  const { result } = renderHook(() => {
    const cursor = useCursor(scene, undefined);
    return { cursor, ...useKeys({ scene, unit: UNIT, cursor, settings, ...can }) };
  });
  /** Whether the key was the chart's. */
  const press = (key: string, more: Partial<KeyboardEvent> = {}) => {
    const preventDefault = vi.fn();
    const event = { key, target: "chart", currentTarget: "chart", preventDefault, ...more };
    act(() => result.current.onKeyDown(event as unknown as KeyboardEvent));
    return preventDefault.mock.calls.length > 0;
  };
  const at = () => result.current.cursor.cursor?.wall ?? null;
  return { ...can, press, at, spoken: () => result.current.spoken };
}

describe("the keys of the chart", () => {
  it("go from bar to bar, and each is spoken", () => {
    const { press, spoken, move } = keysOf(aScene());
    expect(press("ArrowLeft")).toBe(true);
    expect(spoken()).toMatch(/^Mon 31 Aug 09:33, open 13.00, .* volume 50$/);
    press("ArrowLeft");
    expect(spoken()).toContain("09:32, open 12.00");
    press("Home");
    expect(spoken()).toContain("09:30, open 10.00");
    expect(move, "all of them are on the screen").not.toHaveBeenCalled();
  });

  it("go from where the chart is going, which the screen may not show yet", () => {
    const scene = aScene();
    const aim = { from: scene.bars.walls[2] ?? 0, to: scene.to };
    const { press, move } = keysOf(scene, { aim });
    press("Home");
    const [from, to] = move.mock.calls[0] as [number, number];
    expect(from).toBeLessThan(scene.bars.walls[0] ?? 0);
    expect(to - from).toBe(aim.to - aim.from);
    press("+");
    const [left, right] = move.mock.calls[1] as [number, number];
    expect((aim.to - aim.from) / (right - left)).toBeCloseTo(1.5);
  });

  it("bring a bar onto the screen that is not on it", () => {
    const scene = aScene();
    const [first = 0, , third = 0] = scene.bars.walls;
    const { press, move } = keysOf({ ...scene, from: third });
    press("Home");
    expect(move).toHaveBeenCalledOnce();
    const [from, to] = move.mock.calls[0] as [number, number];
    expect(from).toBeLessThan(first);
    expect(to - from).toBe(scene.to - third);
  });

  it("go back to the newest bars, and to the newest of them", () => {
    const scene = aScene();
    const { press, goLive, spoken, at } = keysOf(scene);
    press("l");
    expect(spoken()).toBe("Following the newest bars");
    expect(at()).toBeNull();
    press("End");
    expect(goLive).toHaveBeenCalledTimes(2);
    expect(at()).toBe(scene.bars.walls.at(-1));
    expect(spoken()).toContain("09:33");
  });

  it("go back to the newest bars from the first one, and do not stay half way", () => {
    const scene = aScene();
    const [first = 0, second = 0] = scene.bars.walls;
    const { press, goLive, move } = keysOf({ ...scene, from: first, to: second });
    press("Home");
    press("End");
    expect(goLive).toHaveBeenCalledOnce();
    expect(move, "the chart goes there by itself").not.toHaveBeenCalled();
  });

  it("zoom around the newest bar on the screen, or around the cursor", () => {
    const scene = aScene();
    const { press, move, at } = keysOf(scene);
    const zoom = (key: string, around: number) => {
      press(key);
      const [from, to] = move.mock.lastCall as [number, number];
      const place = (start: number, end: number) => (around - start) / (end - start);
      expect(place(from, to)).toBeCloseTo(place(scene.from, scene.to));
      return (to - from) / (scene.to - scene.from);
    };
    expect(zoom("+", scene.bars.walls.at(-1) ?? 0)).toBeCloseTo(1 / 1.5);
    press("Home");
    expect(zoom("-", at() ?? 0)).toBeCloseTo(1.5);
  });

  it("pause and resume drawing, and say which", () => {
    const running = keysOf(aScene());
    running.press(" ");
    expect(running.onSettings).toHaveBeenCalledExactlyOnceWith({ paused: true });
    expect(running.spoken()).toBe("Drawing paused");
    const paused = keysOf(aScene(), { paused: true });
    paused.press(" ");
    expect(paused.onSettings).toHaveBeenCalledExactlyOnceWith({ paused: false });
    expect(paused.spoken()).toBe("Drawing resumed");
  });

  it("open table and help, and put the cursor away", () => {
    const { press, showTable, showHelp, at } = keysOf(aScene());
    press("t");
    expect(showTable).toHaveBeenCalledOnce();
    press("?");
    expect(showHelp).toHaveBeenCalledOnce();
    press("Home");
    press("Escape");
    expect(at()).toBeNull();
  });

  it("are left to the buttons over it, to the browser, and to the page before there is a chart", () => {
    const { press, at } = keysOf(aScene());
    expect(press("ArrowLeft", { target: "button" as never })).toBe(false);
    expect(press("l", { ctrlKey: true })).toBe(false);
    expect(press("Tab")).toBe(false);
    expect(at()).toBeNull();
    expect(keysOf(null).press("ArrowLeft")).toBe(false);
  });
});
