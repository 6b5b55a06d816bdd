/** Two groups of buttons: the windows of time to follow, and actions such as pause, table and export. */
import type { ReactNode } from "react";
import type { FollowWindow } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { ExportMenu } from "./ExportMenu";
import { IconButton } from "./IconButton";
import { Keyboard, Pause, Play, TableIcon } from "./Icons";
import type { PanePart } from "./pane";

const NAMES: Record<FollowWindow, [face: string, full: string]> = {
  "15m": ["15m", "last 15 minutes"],
  "45m": ["45m", "last 45 minutes"],
  htd: ["HTD", "hour to date"],
  "3h": ["3h", "last 3 hours"],
  all: ["All", "all bars"],
};

interface PaneToolbarProps extends PanePart {
  scene: Scene | null;
  /** Legend groups that are put away. */
  hidden: ReadonlySet<string>;
  windows: readonly FollowWindow[];
  follow: (window: FollowWindow) => void;
  children: ReactNode;
}

export function PaneToolbar(props: PaneToolbarProps) {
  const { view, scene, settings, colors, hidden, windows, follow, onSettings, children } = props;
  const { paused } = settings;
  const mode = scene?.mode;
  const following = mode?.kind === "follow" && mode.width === null;
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
        <IconButton
          label="Pause drawing"
          title="Pause drawing (Space)"
          aria-pressed={paused}
          onClick={() => onSettings({ paused: !paused })}
        >
          {paused ? <Play /> : <Pause />}
        </IconButton>
        <IconButton
          label="Bars as a table"
          title="Bars as a table (T)"
          className="tool tool--less"
          disabled={scene === null}
          onClick={props.showTable}
        >
          <TableIcon />
        </IconButton>
        <ExportMenu view={view} scene={scene} settings={settings} colors={colors} hidden={hidden} />
        <IconButton
          label="Keys of the chart"
          title="Keys of the chart (?)"
          className="tool tool--keys tool--less"
          onClick={props.showHelp}
        >
          <Keyboard />
        </IconButton>
      </div>
    </div>
  );
}
