/** The charts of the page, one beside the other, with one cursor and one stretch of time. */
import { useMemo } from "react";
import { usePage } from "../hooks/usePage";
import { useStretch } from "../hooks/useStretch";
import { PaneLink } from "../lib/page/paneLink";
import { viewKey } from "../lib/wire/viewKey";
import type { ColorTable } from "../lib/wire/wire.gen";
import { ChartCell } from "./ChartCell";

export function ChartGrid({ colors }: { colors: ColorTable }) {
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
          colors={colors}
          link={link}
          isSelected={index === selected}
          onTouch={() => select(index)}
        />
      ))}
    </div>
  );
}
