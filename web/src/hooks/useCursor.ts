/**
 * The data cursor: one bar picked by the mouse, the keys or another chart of the grid. It is kept by
 * its place in time, so that it stays on its bar while bars come and go.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import { type Bars, instantAt, rowDuring } from "../lib/bars/bars";
import { nearest } from "../lib/bars/wallTime";
import type { Scene } from "../lib/chart/scene";
import type { PaneLink, PaneMessage } from "../lib/page/paneLink";

export interface Cursor {
  wall: number;
  /** Pixels from the top, where a pointer is. */
  y: number | null;
}

export interface CursorHandle {
  cursor: Cursor | null;
  /** Moves it to the bar nearest to a point of the chart's box; away when there is none. */
  point: (x: number, y: number) => void;
  /** Moves it by bars, from the newest on screen at first, and tells which bar it is on then. */
  step: (bars: number) => number | null;
  toRow: (row: number) => number | null;
  leave: () => void;
}

export function useCursor(scene: Scene | null, link: PaneLink | undefined): CursorHandle {
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const now = useRef({ scene, cursor });
  now.current = { scene, cursor };
  const say = useRef<((message: PaneMessage) => void) | null>(null);

  useEffect(() => {
    if (link === undefined) return;
    const joined = link.join((message) => {
      if (message.kind !== "cursor") return;
      const bars = now.current.scene?.bars;
      const { bar } = message;
      // Each chart shows a bar of its own, which may be of other hours or another length.
      const row = bar === null || bars === undefined ? -1 : rowDuring(bars, bar.from, bar.until);
      const wall = bars?.walls[row];
      setCursor(wall === undefined ? null : { wall, y: null });
    });
    say.current = joined.say;
    return joined.leave;
  }, [link]);

  const put = useCallback((next: Cursor | null) => {
    const before = now.current.cursor;
    if (next === null && before === null) return;
    now.current.cursor = next;
    setCursor(next);
    const bars = now.current.scene?.bars;
    if (next?.wall === before?.wall || bars === undefined) return;
    say.current?.({ kind: "cursor", bar: next === null ? null : spanOf(bars, next.wall) });
  }, []);

  const point = useCallback(
    (x: number, y: number) => {
      const { scene } = now.current;
      if (scene === null || scene.moving) return put(null);
      const { left, top, width, height } = scene.whole;
      const inside = x >= left && x <= left + width && y >= top && y <= top + height;
      const row = nearest(scene.bars.walls, scene.wallAt(x));
      const wall = scene.bars.walls[row];
      put(inside && wall !== undefined ? { wall, y } : null);
    },
    [put],
  );

  const toRow = useCallback(
    (row: number) => {
      const walls = now.current.scene?.bars.walls ?? [];
      const held = Math.min(Math.max(row, 0), walls.length - 1);
      const wall = walls[held];
      if (wall === undefined) return null;
      put({ wall, y: null });
      return held;
    },
    [put],
  );

  const step = useCallback(
    (bars: number) => {
      const { scene, cursor } = now.current;
      if (scene === null) return null;
      const { walls } = scene.bars;
      if (cursor !== null) return toRow(nearest(walls, cursor.wall) + bars);
      return toRow(nearest(walls, Math.min(scene.to, walls.at(-1) ?? 0)));
    },
    [toRow],
  );

  const leave = useCallback(() => put(null), [put]);
  return { cursor, point, step, toRow, leave };
}

function spanOf(bars: Bars, wall: number): { from: number; until: number } {
  return { from: instantAt(bars, wall), until: instantAt(bars, wall + bars.step) };
}
