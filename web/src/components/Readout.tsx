/**
 * The bar under the cursor, or the newest, in numbers; and the legend: every study with its value, to
 * be put away and brought back. Those of a pane stand in that pane.
 */
import type { Cursor } from "../hooks/useCursor";
import { nearest } from "../lib/bars/wallTime";
import { type LegendGroup, legendOf } from "../lib/chart/legend";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { type BarUnit, barText } from "../lib/text/barText";
import { ARROWS } from "../lib/text/format";
import { legendValues } from "../lib/text/readout";
import type { ColorTable } from "../lib/wire/wire.gen";

/** A line of them fits into the gap above a pane. */
const ABOVE_PX = 24;

interface ReadoutProps {
  scene: Scene;
  cursor: Cursor | null;
  unit: BarUnit;
  settings: PaneSettings;
  colors: ColorTable;
  hidden: ReadonlySet<string>;
  toggle: (group: string) => void;
}

export function Readout({ scene, cursor, unit, settings, colors, hidden, toggle }: ReadoutProps) {
  const { bars, figure, panes } = scene;
  const newest = bars.walls.length - 1;
  const row = cursor === null ? newest : nearest(bars.walls, cursor.wall);
  const text = barText(bars, row, unit);
  const groups = legendOf(figure, colors, settings.palette);
  return (
    <>
      {[...panes].map(([axis, { top }]) => (
        <div
          key={axis}
          className="readout"
          style={{ top: top - ABOVE_PX }}
          data-testid={`readout-${axis}`}
          data-cursor={cursor !== null}
        >
          {axis === "yaxis" && (
            <p className="readout__bar" data-testid="readout">
              {cursor !== null && <span>{text.time}</span>}
              {(cursor !== null || bars.open !== null) &&
                text.prices.map(([short, name, value]) => (
                  <span key={name}>
                    {short !== "" && <i>{short}</i>}
                    {value}
                  </span>
                ))}
              {text.change !== null && (cursor !== null || bars.open !== null) && (
                <span className={`change--${text.direction}`}>
                  {ARROWS[text.direction]} {text.change}
                  {text.percent !== null && ` (${text.percent})`}
                </span>
              )}
            </p>
          )}
          {groups.filter((group) => group.axis === axis).map(line)}
        </div>
      ))}
    </>
  );

  function line(group: LegendGroup) {
    const isHidden = hidden.has(group.key);
    return (
      <button
        key={group.key}
        type="button"
        className="readout__line"
        aria-pressed={!isHidden}
        title={`${isHidden ? "Show" : "Hide"} ${group.name}`}
        onClick={() => toggle(group.key)}
      >
        <span className="readout__dash" style={{ background: group.color }} />
        {group.name}
        {!isHidden && values(group)}
      </button>
    );
  }

  function values(group: LegendGroup) {
    return legendValues(group, bars, row, unit).map(({ uid, text, color }) => (
      <b key={uid} style={{ color: color ?? undefined }}>
        {text}
      </b>
    ));
  }
}
