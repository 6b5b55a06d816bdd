/** The line above a chart: its quote, and the chips of its status. */

import type { Pace } from "../lib/chart/drawGate";
import type { StreamView } from "../lib/stream/streamView";
import { QuoteLine } from "./QuoteLine";
import { StatusChips } from "./StatusChips";

interface PaneHeaderProps {
  view: StreamView;
  /** The price may be taken for the present one. */
  fresh: boolean;
  paused: boolean;
  pace: Pace | null;
}

export function PaneHeader({ view, fresh, paused, pace }: PaneHeaderProps) {
  const meta = view.meta;
  return (
    <div className="topline">
      <QuoteLine
        symbol={view.symbol}
        meta={meta}
        settled={view.connection === "ended"}
        fresh={fresh}
      />
      <StatusChips view={view} paused={paused} pace={pace} />
    </div>
  );
}
