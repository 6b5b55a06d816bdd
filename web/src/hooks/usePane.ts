/** What a pane is made of, whatever stands around it: its chart, its cursor, its freshness and its state. */
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import type { PaneLink } from "../lib/page/paneLink";
import { type PanelState, panelState } from "../lib/page/panelState";
import type { Freshness } from "../lib/stream/freshness";
import type { StreamView } from "../lib/stream/streamView";
import type { ColorTable } from "../lib/wire/wire.gen";
import { type CursorHandle, useCursor } from "./useCursor";
import { useFreshness } from "./useFreshness";
import { type ChartHandle, useLiveChart } from "./useLiveChart";

export interface PaneOptions {
  view: StreamView;
  settings: PaneSettings;
  colors: ColorTable;
  onSettings: (change: Partial<PaneSettings>) => void;
  /** Shares cursor and stretch of time with the other charts of a grid, and with the address. */
  link?: PaneLink | undefined;
}

export interface PaneHandle {
  live: ChartHandle;
  cursor: CursorHandle;
  fresh: Freshness;
  state: PanelState;
  /** The scene, while the chart is what the pane shows. */
  shown: Scene | null;
  goLive: () => void;
}

export function usePane({ view, settings, colors, onSettings, link }: PaneOptions): PaneHandle {
  const live = useLiveChart(view, settings, colors, link);
  const cursor = useCursor(live.scene, link);
  const fresh = useFreshness(view);
  const state = panelState(view, live.scene?.key === view.symbol, live.failure, fresh);
  const shown = state.kind === "chart" ? live.scene : null;
  const goLive = () => {
    if (settings.paused) onSettings({ paused: false });
    live.chart.current?.follow(settings.window);
  };
  return { live, cursor, fresh, state, shown, goLive };
}
