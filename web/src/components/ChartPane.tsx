/** One chart with all that stands around it: quote, status, controls, navigator, table and help. */
import { type ReactNode, useRef } from "react";
import { type PaneOptions, usePane } from "../hooks/usePane";
import { windowsFor } from "../lib/chart/followMode";
import type { FollowWindow } from "../lib/chart/paneSettings";
import { BarTable } from "./BarTable";
import { HelpDialog } from "./HelpDialog";
import { LeftOut } from "./LeftOut";
import { LivePane } from "./LivePane";
import { Navigator } from "./Navigator";
import { PaneToolbar } from "./PaneToolbar";
import { PrintSheet } from "./PrintSheet";
import type { PanePart } from "./pane";

export interface ChartPaneProps extends PaneOptions {
  onRetry?: (() => void) | undefined;
  /** Ways on from a message that there is no such chart: links to others. */
  ways?: ReactNode;
  /** The page's own controls, at the beginning of the toolbar. */
  controls?: ReactNode;
  /** Compared symbols that are not drawn, and how one is let go. */
  leftOut?: readonly string[];
  letGo?: (symbol: string) => void;
  /** The page stands in a frame of another site. */
  framed?: boolean;
}

export function ChartPane(props: ChartPaneProps) {
  const { view, settings, colors, onSettings } = props;
  const pane = usePane(props);
  const help = useRef<HTMLDialogElement>(null);
  const table = useRef<HTMLDialogElement>(null);
  const { live, shown } = pane;

  const offered = shown === null ? [] : windowsFor(shown.bars);
  // A choice of one is none.
  const windows = offered.length > 1 ? offered : [];

  const follow = (window: FollowWindow) => {
    // The same window again means back to it.
    if (window === settings.window) live.chart.current?.follow(window);
    else onSettings({ window });
  };
  const part: PanePart = {
    view,
    settings,
    colors,
    onSettings,
    showTable: () => table.current?.showModal(),
    showHelp: () => help.current?.showModal(),
  };
  const tools = (
    <>
      <PaneToolbar {...part} scene={shown} hidden={live.hidden} windows={windows} follow={follow}>
        {props.controls}
      </PaneToolbar>
      <LeftOut
        symbols={props.leftOut ?? []}
        reason={view.status?.message ?? null}
        letGo={(symbol) => props.letGo?.(symbol)}
      />
    </>
  );

  return (
    <LivePane
      part={part}
      pane={pane}
      onRetry={props.onRetry}
      ways={props.ways}
      framed={props.framed ?? false}
      tools={tools}
    >
      <Navigator
        scene={shown}
        move={(from, to) => live.chart.current?.moveTo(from, to)}
        settings={settings}
        colors={colors}
      />
      <PrintSheet symbol={view.symbol} scene={shown} settings={settings} hidden={live.hidden} />
      <BarTable dialog={table} scene={shown} symbol={view.symbol} settings={settings} />
      <HelpDialog dialog={help} />
    </LivePane>
  );
}
