/** One place of the grid: the view its chart asks for, and the chart of it. */
import { useEffect } from "react";
import { useView } from "../hooks/useView";
import type { ChartChoice } from "../lib/pageChoice";
import type { PaneLink } from "../lib/paneLink";
import type { PaneSettings } from "../lib/paneSettings";
import { documentTitle } from "../lib/summary";
import type { ThemeName } from "../lib/types";
import { canonicalKey } from "../lib/viewKey";
import { ChartPanel } from "./ChartPanel";
import { QuoteLine } from "./QuoteLine";
import { StatusChips } from "./StatusChips";

interface Props {
  chart: ChartChoice;
  /** What all charts of the page have in common. */
  look: Pick<PaneSettings, "palette" | "zone" | "paused">;
  theme: ThemeName;
  link: PaneLink | undefined;
  isSelected: boolean;
  onTouch: () => void;
}

export function ChartCell({ chart, theme, isSelected, onTouch }: Props) {
  const { view, retry } = useView(canonicalKey(chart));
  const meta = view.figure?.layout.meta ?? null;
  const title = documentTitle(chart.symbol, meta);

  useEffect(() => {
    if (isSelected) document.title = title;
  }, [title, isSelected]);

  return (
    <section
      className="cell"
      aria-label={`Chart of ${chart.symbol}`}
      data-selected={isSelected}
      onPointerDownCapture={onTouch}
      onFocusCapture={onTouch}
    >
      <div className="topline">
        <QuoteLine symbol={chart.symbol} meta={meta} settled={view.connection === "ended"} />
        <StatusChips view={view} />
      </div>
      <ChartPanel view={view} theme={theme} retry={retry} />
    </section>
  );
}
