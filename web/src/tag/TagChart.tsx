/** The chart of a tag: the page's pane without furniture, in the theme and the colours of the page around it. */
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { LivePane } from "../components/LivePane";
import { useServedGround } from "../hooks/useColors";
import { usePane } from "../hooks/usePane";
import { useSteadyView } from "../hooks/useSteadyView";
import { useView } from "../hooks/useView";
import { viewKey } from "../lib/wire/viewKey";
import type { ThemeName } from "../lib/wire/wire.gen";
import type { TagChoice } from "./attributes";
import { branded, brandOf } from "./brand";
import { schemeOf, subscribeScheme } from "./scheme";
import type { Supply } from "./supply";
import { useSupplyColors } from "./useSupplyColors";
import { type Tell, useTellings } from "./useTellings";

interface TagChartProps {
  choice: TagChoice;
  supply: Supply;
  /** Elements of the tag: one that has the page's colour scheme, and the one that the chart is drawn in. */
  probe: Element;
  frame: HTMLElement;
  tell: Tell;
  /** The stream of the chart has ended; with another token it might go on. */
  onEnded: (retry: () => void) => void;
}

export function TagChart({ choice, supply, probe, frame, tell, onEnded }: TagChartProps) {
  const { view: chosen, settings: asked, theme } = choice;
  const { view: newest, retry } = useView(supply.store, viewKey(chosen));
  const view = useSteadyView(newest);
  const [paused, setPaused] = useState(false);

  const scheme = useSyncExternalStore(
    subscribeScheme,
    useCallback(() => schemeOf(probe, theme), [probe, theme]),
  );
  const { colors, palette } = useBranded(supply, scheme, asked.palette, frame);
  const settings = { ...asked, palette, paused };
  const part = {
    view,
    settings,
    colors,
    onSettings: (change: { paused?: boolean }) => setPaused(change.paused ?? paused),
    showTable: () => {},
    showHelp: () => {},
  };
  const pane = usePane(part);
  useTellings(view, pane, tell);

  const isEnded = newest.connection === "ended";
  useEffect(() => {
    if (isEnded) onEnded(retry);
  }, [isEnded, onEnded, retry]);

  return (
    <div className="cell">
      <LivePane part={part} pane={pane} onRetry={retry} framed />
    </div>
  );
}

/** The colours of a chart, the same object until one of them changes. Each draw looks, as no event tells of CSS. */
function useBranded(
  supply: Supply,
  scheme: ThemeName,
  palette: TagChoice["settings"]["palette"],
  frame: HTMLElement,
) {
  // Before its colours are read from it.
  if (frame.dataset.theme !== scheme) frame.dataset.theme = scheme;
  const colors = useSupplyColors(supply, scheme);
  useServedGround(frame, colors);
  const brand = JSON.stringify(brandOf(frame));
  return useMemo(() => branded(colors, palette, JSON.parse(brand)), [colors, palette, brand]);
}
