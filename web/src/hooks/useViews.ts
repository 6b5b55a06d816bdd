/** The options that the server offers for a symbol: one request per symbol, and null until it is answered. */
import { useEffect, useState } from "react";
import { fetchViews, type Views } from "../lib/wire/views";

const known = new Map<string, Views>();

export function useViews(symbol: string | null): Views | null {
  const [, setFetched] = useState(0);

  useEffect(() => {
    if (symbol === null || known.has(symbol)) return;
    const over = new AbortController();
    fetchViews(symbol, { signal: over.signal }).then(
      (views) => {
        known.set(symbol, views);
        setFetched((count) => count + 1);
      },
      // Refused for good, or of no interest any more: the chart tells what is wrong.
      () => {},
    );
    return () => over.abort();
  }, [symbol]);

  return symbol === null ? null : (known.get(symbol) ?? null);
}
