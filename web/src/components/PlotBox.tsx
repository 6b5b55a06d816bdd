/** The chart's own box: what is drawn, what lies over it, and the keys and fingers that move it. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";
import type { CursorHandle } from "../hooks/useCursor";
import type { ChartHandle } from "../hooks/useLiveChart";
import { useTouch } from "../hooks/useTouch";
import { barText, spokenBar, unitOf } from "../lib/barText";
import { commandOf } from "../lib/keys";
import type { PanelState } from "../lib/panelState";
import type { PaneSettings } from "../lib/paneSettings";
import type { StreamView } from "../lib/streamView";
import { including, zoomed } from "../lib/stretch";
import { chartSummary } from "../lib/summary";
import type { ThemeName } from "../lib/types";
import { Banner } from "./Banner";
import { ChartMessage } from "./ChartMessage";
import { Crosshair } from "./Crosshair";
import { LivePill } from "./LivePill";
import { PriceLine } from "./PriceLine";
import { Readout } from "./Readout";
import { Skeleton } from "./Skeleton";

interface Props {
  view: StreamView;
  state: PanelState;
  live: ChartHandle;
  cursor: CursorHandle;
  settings: PaneSettings;
  theme: ThemeName;
  goLive: () => void;
  onSettings: (change: Partial<PaneSettings>) => void;
  onRetry: (() => void) | undefined;
  ways: ReactNode;
  showTable: () => void;
  showHelp: () => void;
}

export function PlotBox(props: Props) {
  const { view, state, live, cursor, settings, theme, goLive, onSettings, onRetry, ways } = props;
  const [spoken, setSpoken] = useState("");
  const scene = state.kind === "chart" ? live.scene : null;
  const meta = view.figure?.layout.meta ?? null;
  const unit = unitOf(meta?.instrument, scene?.figure.layout.yaxis?.ticksuffix);
  const move = (from: number, to: number) => live.chart.current?.moveTo(from, to);
  const touch = useTouch({ scene, move, tap: cursor.point });

  const land = (row: number | null) => {
    if (row === null || scene === null) return;
    setSpoken(spokenBar(barText(scene.bars, row, unit)));
    const wall = scene.bars.walls[row] as number;
    const { from, to } = including(scene, wall);
    if (from !== scene.from) move(from, to);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Buttons over the chart keep their keys.
    if (event.target !== event.currentTarget || scene === null) return;
    const command = commandOf(event);
    if (command === null) return;
    event.preventDefault();
    switch (command.kind) {
      case "step":
        return land(cursor.step(command.bars));
      case "first":
        return land(cursor.toRow(0));
      case "last":
        goLive();
        return land(cursor.toRow(scene.bars.walls.length - 1));
      case "zoom": {
        const around = cursor.cursor?.wall ?? Math.min(scene.to, scene.bars.walls.at(-1) ?? 0);
        const { from, to } = zoomed(scene, command.by, around);
        return move(from, to);
      }
      case "pause":
        setSpoken(settings.paused ? "Drawing resumed" : "Drawing paused");
        return onSettings({ paused: !settings.paused });
      case "live":
        setSpoken("Following the newest bars");
        return goLive();
      case "table":
        return props.showTable();
      case "help":
        return props.showHelp();
      case "leave":
        return cursor.leave();
    }
  };

  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    touch.onPointerMove(event);
    if (event.pointerType === "touch") return;
    const box = event.currentTarget.getBoundingClientRect();
    cursor.point(event.clientX - box.left, event.clientY - box.top);
  };

  return (
    <div className="plot">
      {/* A chart is not text to be read line by line: arrows move through its bars. */}
      <div
        className="plot__keys"
        role="application"
        aria-roledescription="live chart"
        aria-label={chartSummary(view.symbol, meta, new Date())}
        aria-hidden={state.kind !== "chart"}
        tabIndex={state.kind === "chart" ? 0 : -1}
        data-testid="chart-keys"
        data-dimmed={state.kind === "chart" && state.dimmed}
        onKeyDown={onKeyDown}
        {...touch}
        onPointerMove={onPointerMove}
        onPointerLeave={(event) => event.pointerType !== "touch" && cursor.leave()}
      >
        <div ref={live.host} className="plot__host" data-testid="chart" aria-hidden="true" />
        {scene !== null && (
          <>
            <PriceLine scene={scene} view={view} settings={settings} theme={theme} />
            <Crosshair
              scene={scene}
              cursor={cursor.cursor}
              unit={unit}
              zone={settings.zone}
              exchange={meta?.instrument.zone ?? null}
            />
          </>
        )}
      </div>
      {scene !== null && (
        <>
          <Readout
            scene={scene}
            cursor={cursor.cursor}
            unit={unit}
            settings={settings}
            theme={theme}
            hidden={live.hidden}
            toggle={live.toggle}
          />
          <LivePill scene={scene} paused={settings.paused} goLive={goLive} />
        </>
      )}
      <p className="sr-only" aria-live="polite" data-testid="spoken">
        {spoken}
      </p>
      {state.kind === "chart" && state.banner !== null && (
        <Banner banner={state.banner} retry={view.connection === "ended" ? onRetry : undefined} />
      )}
      {state.kind === "loading" && <Skeleton note={state.note} />}
      {state.kind === "message" && (
        <ChartMessage
          kind={state.about}
          title={state.title}
          detail={state.detail}
          ways={ways}
          retry={view.connection === "ended" ? onRetry : undefined}
        />
      )}
    </div>
  );
}
