/** The chart's own box: the drawing, its overlays, and the keys and fingers that move it. */
import { type PointerEvent, type ReactNode, useRef } from "react";
import { useHostWheel } from "../hooks/useHostWheel";
import { useKeys } from "../hooks/useKeys";
import type { PaneHandle } from "../hooks/usePane";
import { useTouch } from "../hooks/useTouch";
import { type BarUnit, unitOf } from "../lib/text/barText";
import { chartSummary } from "../lib/text/summary";
import { Crosshair } from "./Crosshair";
import { LivePill } from "./LivePill";
import { PriceLine } from "./PriceLine";
import type { PanePart } from "./pane";
import { Readout } from "./Readout";
import { StateNotice } from "./StateNotice";

interface PlotBoxProps extends PanePart {
  pane: PaneHandle;
  onRetry: (() => void) | undefined;
  ways: ReactNode;
  /** The chart stands in a page of another site, whose scrolling comes first. */
  framed: boolean;
}

const ZOOM_KEY = /Mac|iP(?:hone|ad)/.test(navigator.platform) ? "⌘" : "Ctrl";

/** Without a chart no price is written. */
const NO_UNIT: BarUnit = { decimals: null, suffix: "" };

export function PlotBox(props: PlotBoxProps) {
  const { view, pane, settings, colors, onRetry, ways } = props;
  const { live, cursor, state, shown: scene, goLive } = pane;
  const meta = view.meta;
  const unit = scene === null ? NO_UNIT : unitOf(scene.figure.layout);
  const move = (from: number, to: number) => live.chart.current?.moveTo(from, to);
  const aim = () => live.chart.current?.aim ?? null;
  const touch = useTouch({ scene, move, tap: cursor.point });

  const box = useRef<HTMLDivElement>(null);
  const hinting = useHostWheel(box, props.framed);
  const { spoken, onKeyDown } = useKeys({ ...props, scene, cursor, goLive, unit, aim, move });

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
        ref={box}
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
        onPointerDown={(event) => {
          touch.onPointerDown(event);
          // Plotly keeps a click from having its usual effect.
          if (event.pointerType !== "touch") event.currentTarget.focus({ preventScroll: true });
        }}
        onPointerMove={onPointerMove}
        onPointerLeave={(event) => event.pointerType !== "touch" && cursor.leave()}
      >
        <div ref={live.host} className="plot__host" data-testid="chart" aria-hidden="true" />
        {scene !== null && (
          <>
            <PriceLine scene={scene} view={view} settings={settings} colors={colors} />
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
            colors={colors}
            hidden={live.hidden}
            toggle={live.toggle}
          />
          <LivePill scene={scene} paused={settings.paused} goLive={goLive} />
        </>
      )}
      {props.framed && (
        <p className="plot__hint" aria-hidden="true" data-testid="wheel-hint" data-shown={hinting}>
          {ZOOM_KEY} + wheel zooms
        </p>
      )}
      <p className="sr-only" aria-live="polite" data-testid="spoken">
        {spoken}
      </p>
      <StateNotice
        state={state}
        retry={view.connection === "ended" ? onRetry : undefined}
        ways={ways}
      />
    </div>
  );
}
