/** Where the data cursor is: a line through all panes, with the time, and the price at the pointer. */
import type { Cursor } from "../hooks/useCursor";
import { instantAt } from "../lib/bars/bars";
import { nearest } from "../lib/bars/wallTime";
import type { Zone } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { axisZone, type BarUnit, placeText, priceText } from "../lib/text/barText";

interface CrosshairProps {
  scene: Scene;
  cursor: Cursor | null;
  unit: BarUnit;
  zone: Zone;
  exchange: string | null;
}

export function Crosshair({ scene, cursor, unit, zone, exchange }: CrosshairProps) {
  const { bars, prices, whole } = scene;
  const right = whole.left + whole.width;
  const bottom = whole.top + whole.height;
  const named = bars.intraday
    ? axisZone(zone, exchange, instantAt(bars, bars.walls.at(-1) ?? 0))
    : null;
  return (
    <div className="cross" aria-hidden="true">
      {named !== null && (
        <span className="cross__zone" data-testid="axis-zone" style={{ top: bottom }}>
          {named}
        </span>
      )}
      {cursor !== null && !scene.moving && lines(cursor)}
    </div>
  );

  function lines({ wall, y }: Cursor) {
    const row = nearest(bars.walls, wall);
    const x = scene.xOf(bars.walls[row] ?? wall);
    if (x < whole.left || x > right) return null;
    const onPrices = y !== null && y >= prices.top && y <= prices.top + prices.height;
    return (
      <>
        <div className="cross__time" style={{ left: x, top: whole.top, height: whole.height }} />
        <span className="cross__tag" style={{ left: x, top: bottom }}>
          {placeText(bars.walls[row] ?? wall, bars.intraday)}
        </span>
        {onPrices && (
          <>
            <div
              className="cross__level"
              style={{ top: y, left: whole.left, width: whole.width }}
            />
            <span className="cross__tag cross__tag--level" style={{ left: right, top: y }}>
              {priceText(scene.priceAt(y), unit)}
            </span>
          </>
        )}
      </>
    );
  }
}
