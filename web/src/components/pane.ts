/** The props that all parts of a pane take. */
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { StreamView } from "../lib/stream/streamView";
import type { ColorTable } from "../lib/wire/wire.gen";

export interface PanePart {
  view: StreamView;
  settings: PaneSettings;
  colors: ColorTable;
  onSettings: (change: Partial<PaneSettings>) => void;
  showTable: () => void;
  showHelp: () => void;
}
