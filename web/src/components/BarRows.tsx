/** The visible bars in rows, the newest first, in the words of the readout. */
import { memo, useState } from "react";
import { lowerBound } from "../lib/bars/wallTime";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { axisZone, barText, formatValue, unitOf } from "../lib/text/barText";
import { formatPrice } from "../lib/text/format";

/** Thousands of rows are slow to draw and no reader reads them; the others are one click away. */
const ROWS_AT_FIRST = 200;

interface BarRowsProps {
  scene: Scene;
  settings: PaneSettings;
}

export function BarRows({ scene, settings }: BarRowsProps) {
  const [all, setAll] = useState(false);
  const { bars, figure } = scene;
  const { layout } = figure;
  const unit = unitOf(layout);
  const first = lowerBound(bars.walls, scene.from);
  const end = lowerBound(bars.walls, scene.to);
  const shown = all ? end - first : Math.min(end - first, ROWS_AT_FIRST);
  const names = barText(bars, first, unit).prices.map(([, name]) => name);
  const zone = axisZone(settings.zone, layout.meta.instrument.zone, Date.now());
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className="dialog__scroll" tabIndex={0} aria-label="Bars">
      <table className="bars">
        <thead>
          <tr>
            <th scope="col">time{bars.intraday && ` (${zone})`}</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">change</th>
            {bars.volume !== null && <th scope="col">volume</th>}
            {bars.lines.map(({ uid, name }) => (
              <th key={uid} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: shown }, (_, index) => {
            const row = end - 1 - index;
            const text = barText(bars, row, unit);
            const cells = [
              ...text.prices.map(([, , value]) => value),
              text.percent ?? text.change ?? "–",
              ...(bars.volume === null ? [] : [text.volume ?? "–"]),
              ...bars.lines.map(({ values }) => valueText(values[row] ?? null)),
            ];
            return <Row key={bars.stamps[row]} time={text.time} cells={cells.join("|")} />;
          })}
        </tbody>
      </table>
      {shown < end - first && (
        <button type="button" className="button" onClick={() => setAll(true)}>
          Show all {end - first} bars
        </button>
      )}
    </section>
  );

  function valueText(value: number | null): string {
    if (value === null) return "–";
    return Math.abs(value) < 10 ? formatValue(value) : formatPrice(value, unit.decimals);
  }
}

/** React draws a row again only when a cell of it has changed, which is usually the newest row alone. */
const Row = memo(function Row({ time, cells }: { time: string; cells: string }) {
  return (
    <tr>
      <th scope="row">{time}</th>
      {cells.split("|").map((cell, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
        <td key={column}>{cell}</td>
      ))}
    </tr>
  );
});
