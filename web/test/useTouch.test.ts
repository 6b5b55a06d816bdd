// @vitest-environment happy-dom
import type { PointerEvent } from "react";
import { describe, expect, it, vi } from "vitest";
import { useTouch } from "../src/hooks/useTouch";
import type { Scene } from "../src/lib/chart/scene";
import { renderHook } from "./mounted";
import { aScene, BOX } from "./scenes";

/** Where the chart's box is on the page. */
const [LEFT, TOP] = [10, 20];
const SCENE = aScene();
const MS_A_PIXEL = (SCENE.to - SCENE.from) / BOX.width;

function hand(scene: Scene | null = SCENE) {
  const [move, tap] = [vi.fn(), vi.fn()];
  const { result } = renderHook(() => useTouch({ scene, move, tap }));
  const event = (finger: number, x: number, more = {}) =>
    ({
      pointerType: "touch",
      pointerId: finger,
      clientX: LEFT + x,
      clientY: TOP + 100,
      currentTarget: { getBoundingClientRect: () => ({ left: LEFT, top: TOP }) },
      ...more,
    }) as unknown as PointerEvent<HTMLElement>;
  return {
    move,
    tap,
    down: (finger: number, x: number, more = {}) =>
      result.current.onPointerDown(event(finger, x, more)),
    slide: (finger: number, x: number) => result.current.onPointerMove(event(finger, x)),
    up: (finger: number, x: number) => result.current.onPointerUp(event(finger, x)),
    cancel: (finger: number, x: number) => result.current.onPointerCancel(event(finger, x)),
  };
}

describe("one finger", () => {
  it("across takes the chart with it, and is no tap", () => {
    const { down, slide, up, move, tap } = hand();
    down(1, 100);
    slide(1, 150);
    const by = 50 * MS_A_PIXEL;
    expect(move).toHaveBeenCalledExactlyOnceWith(SCENE.from - by, SCENE.to - by);
    slide(1, 101);
    expect(move, "also where it began").toHaveBeenCalledTimes(2);
    up(1, 101);
    expect(tap).not.toHaveBeenCalled();
  });

  it("that only trembles taps, and moves nothing", () => {
    const { down, slide, up, move, tap } = hand();
    down(1, 100);
    slide(1, 105);
    up(1, 105);
    expect(move).not.toHaveBeenCalled();
    expect(tap).toHaveBeenCalledExactlyOnceWith(105, 100);
  });

  it("that the browser takes to scroll the page does not tap", () => {
    const { down, slide, cancel, up, move, tap } = hand();
    down(1, 100);
    cancel(1, 100);
    slide(1, 200);
    up(1, 200);
    expect(move).not.toHaveBeenCalled();
    expect(tap).not.toHaveBeenCalled();
  });

  it("does nothing before there is a chart", () => {
    const { down, slide, up, move, tap } = hand(null);
    down(1, 100);
    slide(1, 200);
    up(1, 200);
    expect(move).not.toHaveBeenCalled();
    expect(tap).not.toHaveBeenCalled();
  });

  it("is no mouse, which Plotly has", () => {
    const { down, slide, up, move, tap } = hand();
    down(1, 100, { pointerType: "mouse" });
    slide(1, 200);
    up(1, 200);
    expect(move).not.toHaveBeenCalled();
    expect(tap).not.toHaveBeenCalled();
  });
});

describe("two fingers", () => {
  it("keep under them what was under them", () => {
    const { down, slide, move } = hand();
    down(1, 100);
    down(2, 200);
    slide(1, 60);
    slide(2, 280);
    const [from, to] = move.mock.lastCall as [number, number];
    const under = (x: number) => from + (x / BOX.width) * (to - from);
    expect(under(60)).toBeCloseTo(SCENE.from + 100 * MS_A_PIXEL);
    expect(under(280)).toBeCloseTo(SCENE.from + 200 * MS_A_PIXEL);
  });

  it("do not make the chart jump when the second comes or goes, and do not tap", () => {
    const { down, slide, up, move, tap } = hand();
    down(1, 100);
    slide(1, 140);
    down(2, 300);
    slide(2, 300);
    expect(move.mock.lastCall).toEqual([SCENE.from, SCENE.to]);
    up(2, 300);
    slide(1, 140);
    expect(move.mock.lastCall).toEqual([SCENE.from, SCENE.to]);
    slide(1, 150);
    const by = 10 * MS_A_PIXEL;
    expect(move.mock.lastCall).toEqual([SCENE.from - by, SCENE.to - by]);
    up(1, 150);
    down(1, 100);
    down(2, 300);
    up(1, 100);
    up(2, 300);
    expect(tap).not.toHaveBeenCalled();
  });
});
