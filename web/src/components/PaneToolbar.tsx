/** How much time is followed on the left, what can be done with the chart on the right. */
import type { ReactNode } from "react";
import type { FollowWindow, PaneSettings } from "../lib/paneSettings";
import type { Scene } from "../lib/scene";
import type { StreamView } from "../lib/streamView";
import type { ThemeName } from "../lib/types";
import { ExportMenu } from "./ExportMenu";
import { Keyboard, Pause, Play, TableIcon } from "./Icons";

const NAMES: Record<FollowWindow, [face: string, full: string]> = {
  "15m": ["15m", "last 15 minutes"],
  "45m": ["45m", "last 45 minutes"],
  htd: ["HTD", "hour to date"],
  "3h": ["3h", "last 3 hours"],
  all: ["All", "all bars"],
};

interface Props {
  view: StreamView;
  scene: Scene | null;
  settings: PaneSettings;
  theme: ThemeName;
  windows: readonly FollowWindow[];
  follow: (window: FollowWindow) => void;
  onSettings: (change: Partial<PaneSettings>) => void;
  showTable: () => void;
  showHelp: () => void;
  children: ReactNode;
}

export function PaneToolbar(props: Props) {
  const { view, scene, settings, theme, windows, follow, onSettings, children } = props;
  const { paused } = settings;
  const following = scene?.mode.kind === "follow";
  return (
    <div className="tools">
      {children}
      <fieldset className="tools__group">
        <legend className="sr-only">Time shown</legend>
        {windows.map((window) => {
          const [face, full] = NAMES[window];
          return (
            <button
              key={window}
              type="button"
              className="tool tool--text"
              aria-label={`${face}: ${full}`}
              title={`Follow the ${full}`}
              aria-pressed={following && settings.window === window}
              onClick={() => follow(window)}
            >
              {face}
            </button>
          );
        })}
      </fieldset>
      <div className="tools__group tools__group--end">
        <button
          type="button"
          className="tool"
          aria-label="Pause drawing"
          title="Pause drawing (Space)"
          aria-pressed={paused}
          onClick={() => onSettings({ paused: !paused })}
        >
          {paused ? <Play /> : <Pause />}
        </button>
        <button
          type="button"
          className="tool tool--less"
          aria-label="Bars as a table"
          title="Bars as a table (T)"
          disabled={scene === null}
          onClick={props.showTable}
        >
          <TableIcon />
        </button>
        <ExportMenu view={view} scene={scene} settings={settings} theme={theme} />
        <button
          type="button"
          className="tool tool--keys tool--less"
          aria-label="Keys of the chart"
          title="Keys of the chart (?)"
          onClick={props.showHelp}
        >
          <Keyboard />
        </button>
      </div>
    </div>
  );
}
