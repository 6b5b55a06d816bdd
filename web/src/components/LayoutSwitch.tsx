/** The switch for the number of charts: one, two, four or six. */
import { useRef } from "react";
import { usePage } from "../hooks/usePage";
import { useShelf } from "../hooks/useShelf";
import { fitting } from "../lib/page/offers";
import { type ChartChoice, GRID_SIZES, type GridSize, withGridSize } from "../lib/page/pageChoice";
import { HERE } from "../lib/wire/server";
import { fetchViews, ofSymbol } from "../lib/wire/views";
import { Grid } from "./Icons";

/** A server that does not say what it has is asked for the chart as it is. */
const PATIENCE_MS = 2_000;

/** As the source has it of the chart's symbol. */
async function fitted(chart: ChartChoice): Promise<ChartChoice> {
  if (chart.interval === null && chart.range === null && chart.session === null) return chart;
  try {
    return fitting(
      await fetchViews(HERE, ofSymbol(chart.symbol), {
        signal: AbortSignal.timeout(PATIENCE_MS),
      }),
      chart,
    );
  } catch {
    return chart;
  }
}

export function LayoutSwitch() {
  const { page, change } = usePage();
  const { favourites } = useShelf();
  const latest = useRef(0);

  const choose = async (size: GridSize) => {
    latest.current += 1;
    const turn = latest.current;
    const next = withGridSize(page, size, favourites);
    const fresh = next.charts.slice(page.charts.length).map(fitted);
    const charts = [...next.charts.slice(0, page.charts.length), ...(await Promise.all(fresh))];
    if (turn === latest.current) change({ charts });
  };

  return (
    <fieldset className="segments">
      <legend className="sr-only">Number of charts</legend>
      {GRID_SIZES.map((size) => (
        <label key={size} className="segment" title={size === 1 ? "1 chart" : `${size} charts`}>
          <input
            type="radio"
            name="layout"
            value={size}
            aria-label={size === 1 ? "1 chart" : `${size} charts`}
            checked={page.charts.length === size}
            disabled={page.charts.length === 0}
            onChange={() => void choose(size)}
          />
          <Grid cells={size} />
        </label>
      ))}
    </fieldset>
  );
}
