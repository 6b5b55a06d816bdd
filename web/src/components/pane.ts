/** What the parts of a pane have in common. */
import type { PaneSettings } from "../lib/paneSettings";
import type { StreamView } from "../lib/streamView";
import type { ThemeName } from "../lib/types";

export interface PanePart {
  view: StreamView;
  settings: PaneSettings;
  theme: ThemeName;
  onSettings: (change: Partial<PaneSettings>) => void;
  showTable: () => void;
  showHelp: () => void;
}
