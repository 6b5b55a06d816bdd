/** Figures as the server draws them, small enough to be read. */
import type { Figure } from "../src/lib/wire/figure";
import { aFigure } from "./fakes";
import { aLine, aMeta, candles, columns } from "./traces";

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
  const volume = { yaxis: "y2", legendgroup: "volume" };
  const line = { color: "#c792ea", width: 1.4 };
  return {
    data: [
      candles("price", closed, {
        open: [10, 11, 12],
        high: [12, 13, 14],
        low: [9, 10, 11],
        close: [11, 12, 13],
      }),
      candles(
        "forming",
        forming,
        { open: [13], high: [13.5], low: [11.5], close: [12] },
        { meta: "down", opacity: 0.55 },
      ),
      columns("volume-up", closed, [100, 200, 300], { ...volume, name: "Volume up" }),
      columns("volume-down", forming, [50], { ...volume, name: "Volume down" }),
      aLine("sma-20-sma", x, [null, 11, 12, 12.5], {
        name: "SMA 20",
        showlegend: true,
        legendgroup: "sma:20",
        meta: "line1",
        line,
      }),
      aLine("foreign", x, [1, 2, 3, 4], { line: { color: "#123456", width: 1 } }),
    ],
    layout: { ...layout, meta, yaxis2: {} },
  };
}
