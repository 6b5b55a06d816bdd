/**
 * The last price across the chart and on its axis. It lies over the chart and is moved by itself, so
 * it keeps up with the market between two draws.
 */
import { useNow } from "../hooks/useNow";
import { instantAt } from "../lib/bars/bars";
import { lastPrice } from "../lib/bars/lastPrice";
import { priceColor } from "../lib/chart/colors";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { freshness } from "../lib/stream/freshness";
import type { StreamView } from "../lib/stream/streamView";
import { priceText, unitOf } from "../lib/text/barText";
import type { ColorTable } from "../lib/wire/wire.gen";

const BEAT_MS = 1_000;
const HOUR_MS = 3_600_000;

interface PriceLineProps {
  scene: Scene;
  view: StreamView;
  settings: PaneSettings;
  colors: ColorTable;
}

export function PriceLine({ scene, view, settings, colors }: PriceLineProps) {
  const now = useNow(BEAT_MS);
  const figure = view.figure ?? scene.figure;
  const { meta } = figure.layout;
  const unit = unitOf(figure.layout);
  const last = lastPrice(figure, view.meta);
  if (last === undefined) return null;
  const { prices, bars } = scene;
  const exact = scene.yOf(last);
  const y = Math.min(Math.max(exact, prices.top), prices.top + prices.height);
  const color = priceColor(figure, colors, settings.palette);
  const wall = bars.walls.at(-1) ?? 0;
  const x = scene.xOf(wall);
  const isLine =
    bars.open === null && !scene.moving && exact === y && x <= prices.left + prices.width;
  const { fresh } = freshness(view, now);
  const left = fresh ? barLeft() : null;
  return (
    <div className="price" aria-hidden="true" data-fresh={fresh} style={{ color }}>
      <div className="price__line" style={{ top: y, left: prices.left, width: prices.width }} />
      {isLine && <div className="price__dot" style={{ top: y, left: x }} />}
      <div
        className="price__label"
        data-testid="price-label"
        style={{ top: y, left: prices.left + prices.width }}
      >
        <b>
          {exact < y ? "↑" : exact > y ? "↓" : ""}
          {priceText(last, unit)}
        </b>
        {left !== null && <span>{left}</span>}
      </div>
    </div>
  );

  /** What is left of the forming bar, where the market is open and its clock is ours. */
  function barLeft(): string | null {
    if (!bars.intraday || bars.step > HOUR_MS || settings.paused) return null;
    if (meta.session?.state !== "open") return null;
    const rest = Math.ceil((instantAt(bars, wall) + bars.step - now) / 1_000);
    if (rest < 0 || rest * 1_000 > bars.step) return null;
    return `${Math.floor(rest / 60)}:${String(rest % 60).padStart(2, "0")}`;
  }
}
