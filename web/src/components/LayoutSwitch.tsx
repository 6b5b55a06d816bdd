/** How many charts the page has: one, two, four or six. */
import { usePage } from "../hooks/usePage";
import { useShelf } from "../hooks/useShelf";
import { LAYOUTS, withLayout } from "../lib/pageChoice";
import { Grid } from "./Icons";

export function LayoutSwitch() {
  const { page, change } = usePage();
  const { favourites } = useShelf();
  return (
    <fieldset className="segments">
      <legend className="sr-only">Number of charts</legend>
      {LAYOUTS.map((layout) => (
        <label
          key={layout}
          className="segment"
          title={layout === 1 ? "1 chart" : `${layout} charts`}
        >
          <input
            type="radio"
            name="layout"
            value={layout}
            aria-label={layout === 1 ? "1 chart" : `${layout} charts`}
            checked={page.charts.length === layout}
            disabled={page.charts.length === 0}
            onChange={() => change(withLayout(page, layout, favourites))}
          />
          <Grid cells={layout} />
        </label>
      ))}
    </fieldset>
  );
}
