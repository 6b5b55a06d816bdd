/** What the server offers for a symbol. Asked for once a symbol; the last answer stays meanwhile. */
import { useEffect, useState } from "react";
import { fetchViews, type Views } from "../lib/views";

const RETRY_MS = 10_000;
const known = new Map<string, Views>();
let latest: Views | null = null;

export function useViews(symbol: string | null): Views | null {
  const [, setFetched] = useState(0);

  useEffect(() => {
    if (symbol === null || known.has(symbol)) return;
    const over = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        latest = await fetchViews(symbol, { signal: over.signal });
        known.set(symbol, latest);
        setFetched((count) => count + 1);
      } catch (error) {
        // A server that is away comes back; one that refuses has its reasons, and the chart tells.
        const away = error instanceof TypeError && !over.signal.aborted;
        if (away) retry = setTimeout(ask, RETRY_MS);
      }
    };
    void ask();
    return () => {
      over.abort();
      clearTimeout(retry);
    };
  }, [symbol]);

  return (symbol === null ? null : known.get(symbol)) ?? latest;
}
