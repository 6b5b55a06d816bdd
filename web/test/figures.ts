/** Figures as the server draws them, small enough to be read. */
import type { Figure } from "../src/lib/wire/figure";
import { aFigure, aMeta } from "./fakes";

const MINUTE = 60_000;

/** Stamps a minute apart in New York's summer, from 09:30 on. */
export function minutes(count: number, start = "2026-08-31T13:30:00Z"): string[] {
  return Array.from({ length: count }, (_, index) => {
    const wall = Date.parse(start) - 4 * 60 * MINUTE + index * MINUTE;
    return `${new Date(wall).toISOString().slice(0, 19)}-04:00`;
  });
}

/** Candles of three minutes with volume, an average and a pane, the last bar still forming. */
export function aCandleFigure(): Figure {
  const { layout } = aFigure();
  const meta = aMeta({ quote: { ...aMeta().quote, last: 12 } });
  const x = minutes(4);
  const [closed, forming] = [x.slice(0, 3), x.slice(3)];
  const bars = (columns: Record<string, number[]>, uid: string, stamps: string[]) => ({
    uid,
    x: stamps,
    type: "candlestick",
    ...columns,
    increasing: { line: { color: "#56a8f5", width: 1.2 }, fillcolor: "#0f1318" },
    decreasing: { line: { color: "#f0933c", width: 1.2 }, fillcolor: "#f0933c" },
  });
  const line = (uid: string, y: (number | null)[], color: string, more = {}) => ({
    uid,
    x,
    y,
    type: "scatter",
    line: { color },
    legendgroup: uid,
    name: uid,
    ...more,
  });
  return {
    data: [
      bars(
        { open: [10, 11, 12], high: [12, 13, 14], low: [9, 10, 11], close: [11, 12, 13] },
        "price",
        closed,
      ),
      bars({ open: [13], high: [13.5], low: [11.5], close: [12] }, "forming", forming),
      {
        uid: "volume-up",
        x: closed,
        y: [100, 200, 300],
        type: "bar",
        yaxis: "y2",
        legendgroup: "volume",
        name: "Volume up",
        marker: { color: "#56a8f5", opacity: 0.6 },
      },
      {
        uid: "volume-down",
        x: forming,
        y: [50],
        type: "bar",
        yaxis: "y2",
        legendgroup: "volume",
        name: "Volume down",
        marker: { color: "#f0933c", opacity: 0.6 },
      },
      line("sma-20-sma", [null, 11, 12, 12.5], "#c792ea", {
        name: "SMA 20",
        showlegend: true,
        legendgroup: "sma:20",
      }),
      line("foreign", [1, 2, 3, 4], "#123456"),
    ],
    layout: { ...layout, meta, xaxis: { type: "date" }, yaxis: {}, yaxis2: {} },
  };
}
