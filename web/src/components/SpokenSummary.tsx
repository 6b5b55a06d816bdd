/** The price for a screen reader: spoken when it has changed, at most twice per minute. */
import { useEffect, useState } from "react";
import type { StreamView } from "../lib/stream/streamView";
import { type Announced, nextAnnouncement } from "../lib/text/announcer";
import { chartSummary } from "../lib/text/summary";

export function SpokenSummary({ view }: { view: StreamView }) {
  const [said, setSaid] = useState<Announced | null>(null);
  const meta = view.meta;

  useEffect(() => {
    if (meta === null) return;
    const text = chartSummary(view.symbol, meta, new Date());
    setSaid((last) => nextAnnouncement(last, text, Date.now()));
  }, [meta, view.symbol]);

  return (
    <p className="sr-only" aria-live="polite" data-testid="summary">
      {said?.text}
    </p>
  );
}
