/** Keeps one `LiveChart` in an element and hands it every new figure. */
import { type RefObject, useEffect, useRef, useState } from "react";
import { LiveChart } from "../lib/liveChart";
import type { Figure, ThemeName } from "../lib/types";

export interface PlotlyHandle {
  host: RefObject<HTMLDivElement | null>;
  /** The symbol on the screen now; null before the first draw. */
  drawn: string | null;
  failure: string | null;
}

export function usePlotly(figure: Figure | null, symbol: string, theme: ThemeName): PlotlyHandle {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<LiveChart | null>(null);
  const [drawn, setDrawn] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (host.current === null) return;
    const live = new LiveChart(host.current, { onDrawn: setDrawn, onFailure: setFailure });
    chart.current = live;
    return () => live.dispose();
  }, []);

  // A change of theme redraws the figure at hand in the page's new colours, without waiting for
  // the server's.
  // biome-ignore lint/correctness/useExhaustiveDependencies: theme acts through the style sheet
  useEffect(() => {
    if (figure !== null) chart.current?.show(figure, symbol);
  }, [figure, symbol, theme]);

  return { host, drawn, failure };
}
