/** The charts of the page, one beside the other, with one cursor and one stretch of time. */
import { useMemo } from "react";
import { usePage } from "../hooks/usePage";
import { PaneLink } from "../lib/paneLink";
import type { ThemeName } from "../lib/types";
import { ChartCell } from "./ChartCell";

export function ChartGrid({ theme }: { theme: ThemeName }) {
  const { page, selected, select } = usePage();
  const link = useMemo(() => new PaneLink(), []);
  const several = page.charts.length > 1;
  return (
    <div className="charts" data-count={page.charts.length}>
      {page.charts.map((chart, index) => (
        <ChartCell
          // biome-ignore lint/suspicious/noArrayIndexKey: a place stays when its symbol changes
          key={index}
          index={index}
          chart={chart}
          theme={theme}
          link={several ? link : undefined}
          isSelected={index === selected}
          onTouch={() => select(index)}
        />
      ))}
    </div>
  );
}
