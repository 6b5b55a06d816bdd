/** One place of the grid: subscribes to the view of its chart and draws it. */
import { useEffect, useState } from "react";
import { useFreshness } from "../hooks/useFreshness";
import { usePage } from "../hooks/usePage";
import { useSteadyView } from "../hooks/useSteadyView";
import { useView } from "../hooks/useView";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { ChartChoice } from "../lib/page/pageChoice";
import { pageStore } from "../lib/page/pageStore";
import type { PaneLink } from "../lib/page/paneLink";
import { isOfOptions, listOf, wrongsOf } from "../lib/page/wrongs";
import { documentTitle } from "../lib/text/summary";
import { viewKey } from "../lib/wire/viewKey";
import type { ColorTable } from "../lib/wire/wire.gen";
import { ChartPane } from "./ChartPane";
import { SomeSymbols } from "./SomeSymbols";

/** Opened by itself the address of an embedded page has no host to scroll. */
const IS_FRAMED = window.parent !== window;

interface ChartCellProps {
  index: number;
  chart: ChartChoice;
  colors: ColorTable;
  link: PaneLink;
  isSelected: boolean;
  onTouch: () => void;
}

export function ChartCell({ index, chart, colors, link, isSelected, onTouch }: ChartCellProps) {
  const { page, changeSettings, changeAt, tellWrongs } = usePage();
  const key = viewKey(chart);
  const { view: newest, retry } = useView(pageStore, key);
  const view = useSteadyView(newest);
  const { fresh } = useFreshness(view);
  // Momentary, so no part of the address, and over when something else is to be seen.
  const [pausedKey, setPausedKey] = useState<string | null>(null);
  const paused = pausedKey === key;
  const title = documentTitle(chart.symbol, view.meta, fresh);

  useEffect(() => {
    if (isSelected) document.title = title;
  }, [title, isSelected]);

  const wrongs = wrongsOf(view, chart);
  const { leftOut, ended } = wrongs;
  useEffect(() => tellWrongs(index, { leftOut, ended }), [tellWrongs, index, leftOut, ended]);

  const { scale, window } = chart;
  const { palette, zone } = page;
  const change = ({ paused: next, ...lasting }: Partial<PaneSettings>) => {
    if (next !== undefined) setPausedKey(next ? key : null);
    changeSettings(index, lasting);
  };
  return (
    <div
      className="cell"
      data-selected={isSelected}
      onPointerDownCapture={onTouch}
      onFocusCapture={onTouch}
    >
      <ChartPane
        view={view}
        settings={{ scale, window, palette, zone, paused }}
        colors={colors}
        onSettings={change}
        link={link}
        onRetry={retry}
        ways={<SomeSymbols first={isOfOptions(wrongs) ? chart.symbol : undefined} />}
        leftOut={listOf(wrongs)}
        letGo={(symbol) =>
          changeAt(index, { compare: chart.compare.filter((other) => other !== symbol) })
        }
        framed={page.embed && IS_FRAMED}
      />
    </div>
  );
}
