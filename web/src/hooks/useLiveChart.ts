/** Keeps one `LiveChart` in an element, hands it every new figure and choice, and tells its scene. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { LiveChart } from "../lib/chart/liveChart";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import type { PaneLink } from "../lib/page/paneLink";
import type { Figure } from "../lib/wire/figure";
import type { ColorTable } from "../lib/wire/wire.gen";

export interface ChartHandle {
  host: RefObject<HTMLDivElement | null>;
  chart: RefObject<LiveChart | null>;
  /** Null before the first draw. */
  scene: Scene | null;
  failure: string | null;
  /** Legend groups that are put away. */
  hidden: ReadonlySet<string>;
  toggle: (group: string) => void;
}

export function useLiveChart(
  { figure, symbol }: { figure: Figure | null; symbol: string },
  settings: PaneSettings,
  colors: ColorTable,
  link: PaneLink | undefined,
): ChartHandle {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<LiveChart | null>(null);
  const [scene, setScene] = useState<Scene | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set());

  // Settings and colors are taken over by the effects below; here they only begin.
  // biome-ignore lint/correctness/useExhaustiveDependencies: one chart for the life of the pane
  useEffect(() => {
    if (host.current === null) return;
    const joined = link?.join((message) => {
      if (message.kind === "range") live.moveToInstants(message);
      if (message.kind === "live") live.follow(live.window, true);
    });
    const live = new LiveChart(host.current, {
      appearance: { settings, colors, hidden },
      onScene: (drawn) => {
        setScene(drawn);
        setFailure(null);
      },
      onFailure: setFailure,
      onMoved: (moved) =>
        joined?.say(moved === null ? { kind: "live" } : { kind: "range", ...moved }),
    });
    chart.current = live;
    return () => {
      joined?.leave();
      live.dispose();
    };
  }, [link]);

  useEffect(() => chart.current?.dress({ settings, colors, hidden }), [settings, colors, hidden]);

  useEffect(() => {
    if (figure !== null) chart.current?.show(figure, symbol);
  }, [figure, symbol]);

  const toggle = useCallback(
    (group: string) =>
      setHidden((before) => {
        const after = new Set(before);
        if (!after.delete(group)) after.add(group);
        return after;
      }),
    [],
  );

  return { host, chart, scene, failure, hidden, toggle };
}
