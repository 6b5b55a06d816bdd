/** What the parts of a pane have in common. */
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { StreamView } from "../lib/stream/streamView";
import type { ThemeName } from "../lib/wire/figure";

export interface PanePart {
  view: StreamView;
  settings: PaneSettings;
  theme: ThemeName;
  onSettings: (change: Partial<PaneSettings>) => void;
  showTable: () => void;
  showHelp: () => void;
}
