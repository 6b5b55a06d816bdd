/** A button per range; each brings along the interval that goes with it. */
import { usePage } from "../hooks/usePage";
import { chooseRange, offersOf, pairOf } from "../lib/page/offers";
import { rangeLabel } from "../lib/text/labels";
import { rangesOf, type Views } from "../lib/wire/views";

export function RangeButtons({ views }: { views: Views }) {
  const { chart, changeChart } = usePage();
  if (chart === null) return null;
  const { range } = pairOf(views, chart);
  const usual = new Map(views.ranges.map((row) => [row.range, row.usualInterval]));
  /** With its usual interval, the source may not have it. */
  const isServed = (value: string) => rangesOf(views, usual.get(value) ?? "").includes(value);
  return (
    <fieldset className="ranges" data-testid="ranges">
      <legend className="sr-only">Range</legend>
      {offersOf(views, "range").map(({ value, about }) => (
        <button
          key={value}
          type="button"
          className="range"
          title={about}
          aria-pressed={range === value}
          disabled={!isServed(value)}
          onClick={() => changeChart(chooseRange(views, value))}
        >
          {rangeLabel(value)}
        </button>
      ))}
    </fieldset>
  );
}
