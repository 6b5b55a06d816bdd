/** One chart with all that stands around it: quote, status, controls, navigator, table and help. */
import { type CSSProperties, type ReactNode, useRef } from "react";
import { useCursor } from "../hooks/useCursor";
import { useFreshness } from "../hooks/useFreshness";
import { useLiveChart } from "../hooks/useLiveChart";
import { windowsFor } from "../lib/chart/followMode";
import type { FollowWindow, PaneSettings } from "../lib/chart/paneSettings";
import type { PaneLink } from "../lib/page/paneLink";
import { panelState } from "../lib/page/panelState";
import type { StreamView } from "../lib/stream/streamView";
import type { ColorTable, Palette } from "../lib/wire/wire.gen";
import { BarTable } from "./BarTable";
import { HelpDialog } from "./HelpDialog";
import { LeftOut } from "./LeftOut";
import { Navigator } from "./Navigator";
import { PaneHeader } from "./PaneHeader";
import { PaneToolbar } from "./PaneToolbar";
import { PlotBox } from "./PlotBox";
import { PrintSheet } from "./PrintSheet";
import type { PanePart } from "./pane";
import { SpokenSummary } from "./SpokenSummary";

export interface ChartPaneProps {
  view: StreamView;
  settings: PaneSettings;
  colors: ColorTable;
  onSettings: (change: Partial<PaneSettings>) => void;
  /** Shares cursor and stretch of time with the other charts of a grid, and with the address. */
  link?: PaneLink | undefined;
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
  const {
    view,
    settings,
    colors,
    onSettings,
    link,
    onRetry,
    ways,
    controls,
    framed = false,
  } = props;
  const live = useLiveChart(view, settings, colors, link);
  const cursor = useCursor(live.scene, link);
  const help = useRef<HTMLDialogElement>(null);
  const table = useRef<HTMLDialogElement>(null);
  const { scene } = live;
  const fresh = useFreshness(view);
  const state = panelState(view, scene?.key === view.symbol, live.failure, fresh);
  const shown = state.kind === "chart" ? scene : null;

  const offered = shown === null ? [] : windowsFor(shown.bars);
  // A choice of one is none.
  const windows = offered.length > 1 ? offered : [];

  const follow = (window: FollowWindow) => {
    // The same window again means back to it.
    if (window === settings.window) live.chart.current?.follow(window);
    else onSettings({ window });
  };
  const goLive = () => {
    if (settings.paused) onSettings({ paused: false });
    live.chart.current?.follow(settings.window);
  };
  const part: PanePart = {
    view,
    settings,
    colors,
    onSettings,
    showTable: () => table.current?.showModal(),
    showHelp: () => help.current?.showModal(),
  };

  return (
    <section
      className="pane"
      aria-label={`Chart of ${view.symbol}`}
      data-testid="panel"
      data-state={state.kind}
      data-mode={scene?.mode.kind}
      data-former={view.isFormer}
      data-palette={settings.palette}
      style={numberColors(colors, settings.palette)}
    >
      <PaneHeader
        view={view}
        fresh={fresh.fresh}
        paused={settings.paused}
        pace={scene?.pace ?? null}
      />
      <PaneToolbar {...part} scene={shown} hidden={live.hidden} windows={windows} follow={follow}>
        {controls}
      </PaneToolbar>
      <LeftOut
        symbols={props.leftOut ?? []}
        reason={view.status?.message ?? null}
        letGo={(symbol) => props.letGo?.(symbol)}
      />
      <PlotBox
        {...part}
        state={state}
        live={live}
        cursor={cursor}
        goLive={goLive}
        onRetry={onRetry}
        ways={ways}
        framed={framed}
      />
      <Navigator
        scene={shown}
        move={(from, to) => live.chart.current?.moveTo(from, to)}
        settings={settings}
        colors={colors}
      />
      <PrintSheet symbol={view.symbol} scene={shown} settings={settings} hidden={live.hidden} />
      <SpokenSummary view={view} />
      <BarTable dialog={table} scene={shown} symbol={view.symbol} settings={settings} />
      <HelpDialog dialog={help} />
    </section>
  );
}

/** Green and red of the numbers around a chart are the page's own; blue and orange are those of its bars. */
function numberColors({ directions }: ColorTable, palette: Palette): CSSProperties {
  if (palette !== "blue-orange") return {};
  const [rising, falling] = directions[palette];
  return { "--up": rising, "--down": falling };
}
