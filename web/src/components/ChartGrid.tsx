/** The charts of the page, one beside the other, with one cursor and one stretch of time. */
import { useMemo } from "react";
import { usePage } from "../hooks/usePage";
import { useStretch } from "../hooks/useStretch";
import { PaneLink } from "../lib/page/paneLink";
import type { ThemeName } from "../lib/wire/figure";
import { viewKey } from "../lib/wire/viewKey";
import { ChartCell } from "./ChartCell";

export function ChartGrid({ theme }: { theme: ThemeName }) {
  const { page, selected, select, freezeAt } = usePage();
  const link = useMemo(() => new PaneLink(), []);
  const views = page.charts.map(viewKey).join(" ");
  useStretch({ link, stretch: page.stretch, views, write: freezeAt });
  return (
    <div className="charts" data-count={page.charts.length}>
      {page.charts.map((chart, index) => (
        <ChartCell
          // biome-ignore lint/suspicious/noArrayIndexKey: a place stays when its symbol changes
          key={index}
          index={index}
          chart={chart}
          theme={theme}
          link={link}
          isSelected={index === selected}
          onTouch={() => select(index)}
        />
      ))}
    </div>
  );
}
