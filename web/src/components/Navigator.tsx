/**
 * The whole chart as a thin line, and the stretch that is shown as a window in it to be moved and
 * resized. For hands only: the keys have the chart itself.
 */
import { type PointerEvent, useMemo, useRef } from "react";
import { wallAtRow } from "../lib/bars/rows";
import { priceColor } from "../lib/chart/colors";
import { navigatorPath, rowsOf } from "../lib/chart/navigator";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import type { ColorTable } from "../lib/wire/wire.gen";

interface NavigatorProps {
  scene: Scene | null;
  settings: PaneSettings;
  colors: ColorTable;
  move: (from: number, to: number) => void;
}

type Part = "from" | "window" | "to";

const [WIDTH, HEIGHT] = [1000, 40];
const FEWEST_ROWS = 4;

export function Navigator({ scene, settings, colors, move }: NavigatorProps) {
  const grip = useRef<{ part: Part; x: number; rows: [number, number] } | null>(null);
  const bars = scene?.bars;
  const path = useMemo(
    () => (bars === undefined ? "" : navigatorPath(bars.close, WIDTH, HEIGHT)),
    [bars],
  );
  if (scene === null || bars === undefined) return <div className="nav" />;
  const count = Math.max(bars.walls.length - 1, 1);
  const [first, last] = rowsOf(bars, scene.from, scene.to);
  const share = (row: number) => `${(row / count) * 100}%`;

  const down = (event: PointerEvent<HTMLElement>) => {
    const part = ((event.target as HTMLElement).dataset.part ?? null) as Part | null;
    const box = event.currentTarget.getBoundingClientRect();
    event.currentTarget.setPointerCapture(event.pointerId);
    let rows: [number, number] = [first, last];
    if (part === null) {
      // Beside the window: it comes here.
      const row = ((event.clientX - box.left) / box.width) * count;
      const half = (last - first) / 2;
      rows = [row - half, row + half];
      to(rows);
    }
    grip.current = { part: part ?? "window", x: event.clientX, rows };
  };

  const drag = (event: PointerEvent<HTMLElement>) => {
    const held = grip.current;
    if (held === null) return;
    const by = ((event.clientX - held.x) / event.currentTarget.clientWidth) * count;
    const [from, until] = held.rows;
    if (held.part === "from") to([Math.min(from + by, until - FEWEST_ROWS), until]);
    else if (held.part === "to") to([from, Math.max(until + by, from + FEWEST_ROWS)]);
    else to([from + by, until + by]);
  };

  const to = ([from, until]: [number, number]) => {
    const length = Math.min(until - from, count);
    const start = Math.min(Math.max(from, 0), count - length);
    move(wallAtRow(bars, start), wallAtRow(bars, start + length));
  };

  return (
    <div
      className="nav"
      data-testid="navigator"
      aria-hidden="true"
      onPointerDown={down}
      onPointerMove={drag}
      onPointerUp={() => {
        grip.current = null;
      }}
      style={{ marginRight: `calc(100% - ${scene.whole.left + scene.whole.width}px)` }}
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={path} style={{ stroke: priceColor(scene.figure, colors, settings.palette) }} />
      </svg>
      <div
        className="nav__window"
        data-part="window"
        style={{ left: share(first), right: `calc(100% - ${share(last)})` }}
      >
        <i data-part="from" />
        <i data-part="to" />
      </div>
    </div>
  );
}
