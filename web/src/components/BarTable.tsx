/** The visible bars as a table, the newest first: the same chart for those who read it in numbers. */
import { memo, type RefObject, useEffect, useId, useState } from "react";
import { axisZone, barText, formatValue, unitOf } from "../lib/barText";
import { formatPrice } from "../lib/format";
import type { PaneSettings } from "../lib/paneSettings";
import type { Scene } from "../lib/scene";
import { lowerBound } from "../lib/wallTime";
import { Close } from "./Icons";

/** A table of thousands of rows is slow to draw and nobody reads it; more are one click away. */
const ROWS_AT_FIRST = 200;

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  scene: Scene | null;
  symbol: string;
  settings: PaneSettings;
}

export function BarTable({ dialog, scene, symbol, settings }: Props) {
  const [open, setOpen] = useState(false);
  const title = useId();

  useEffect(() => {
    const element = dialog.current;
    const turn = () => setOpen(element?.open ?? false);
    element?.addEventListener("toggle", turn);
    return () => element?.removeEventListener("toggle", turn);
  }, [dialog]);

  return (
    <dialog
      ref={dialog}
      className="dialog dialog--table"
      aria-labelledby={title}
      data-testid="table"
    >
      <header className="dialog__head">
        <h2 id={title}>Visible bars of {symbol}</h2>
        <form method="dialog">
          <button type="submit" className="tool" aria-label="Close">
            <Close />
          </button>
        </form>
      </header>
      {open && scene !== null && <Rows scene={scene} settings={settings} />}
    </dialog>
  );
}

function Rows({ scene, settings }: { scene: Scene; settings: PaneSettings }) {
  const [all, setAll] = useState(false);
  const { bars, figure } = scene;
  const { meta, yaxis } = figure.layout;
  const unit = unitOf(meta?.instrument, yaxis?.ticksuffix);
  const first = lowerBound(bars.walls, scene.from);
  const end = lowerBound(bars.walls, scene.to);
  const shown = all ? end - first : Math.min(end - first, ROWS_AT_FIRST);
  const names = barText(bars, first, unit).prices.map(([, name]) => name);
  const zone = axisZone(settings.zone, meta?.instrument.zone ?? null, Date.now());
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

/** Drawn again only when a cell has changed, which is the newest row's habit and nobody else's. */
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
