/** One live chart with its quote and its status: all of a tag, and on the page what its furniture stands around. */
import type { CSSProperties, ReactNode } from "react";
import type { PaneHandle } from "../hooks/usePane";
import type { ColorTable, Palette } from "../lib/wire/wire.gen";
import { PaneHeader } from "./PaneHeader";
import { PlotBox } from "./PlotBox";
import type { PanePart } from "./pane";
import { SpokenSummary } from "./SpokenSummary";

interface LivePaneProps {
  part: PanePart;
  pane: PaneHandle;
  onRetry?: (() => void) | undefined;
  /** Ways on from a message that there is no such chart: links to others. */
  ways?: ReactNode;
  /** The chart stands in a page of another site. */
  framed?: boolean;
  /** Between the quote and the chart. */
  tools?: ReactNode;
  /** Below the chart. */
  children?: ReactNode;
}

export function LivePane(props: LivePaneProps) {
  const { part, pane, onRetry, ways, framed = false, tools, children } = props;
  const { view, settings, colors } = part;
  const { scene } = pane.live;
  return (
    <section
      className="pane"
      aria-label={`Chart of ${view.symbol}`}
      data-testid="panel"
      data-state={pane.state.kind}
      data-mode={scene?.mode.kind}
      data-former={view.isFormer}
      data-palette={settings.palette}
      style={numberColors(colors, settings.palette)}
    >
      <PaneHeader
        view={view}
        fresh={pane.fresh.fresh}
        paused={settings.paused}
        pace={scene?.pace ?? null}
      />
      {tools}
      <PlotBox {...part} pane={pane} onRetry={onRetry} ways={ways} framed={framed} />
      <SpokenSummary view={view} />
      {children}
    </section>
  );
}

/** Green and red of the numbers around a chart are the page's own; blue and orange are those of its bars. */
function numberColors({ directions }: ColorTable, palette: Palette): CSSProperties {
  if (palette !== "blue-orange") return {};
  const [rising, falling] = directions[palette];
  return { "--up": rising, "--down": falling };
}
