/** The server's answer to what a chart can be asked for and in which colours: one request per symbol and colours. */
import { useEffect, useState } from "react";
import { PAGE_COLORS } from "../lib/page/colorTables";
import { HERE } from "../lib/wire/server";
import { fetchViews, ofSymbol, type Views } from "../lib/wire/views";

interface ViewsAnswer {
  views?: Views;
  /** The server's sentence where something is asked for wrongly. */
  refusal?: string;
}

const known = new Map<string, ViewsAnswer>();
const UNKNOWN: ViewsAnswer = {};

/**
 * The options of a symbol, and why the server refuses `own` colours. The page takes those that it does not refuse.
 * For a reader that is not let in nothing is asked until that is over.
 */
export function useViews(symbol: string | null, own: string | null, isLetIn: boolean) {
  const part = symbol === null ? "" : ofSymbol(symbol);
  const colors = own === null ? "" : `colors=${encodeURIComponent(own)}`;
  const both = useAnswer(`${part}&${colors}`, isLetIn);
  // A refusal does not say of which of the two it is.
  const isUnclear = both.refusal !== undefined && symbol !== null;
  const options = useAnswer(part, isUnclear && own !== null);
  const painted = useAnswer(colors, isUnclear);
  const tables = (both.views ?? painted.views)?.colors;
  useEffect(() => PAGE_COLORS.learn(tables), [tables]);
  return {
    views: both.views ?? options.views ?? null,
    refusal: own === null ? undefined : (symbol === null ? both : painted).refusal,
  };
}

/** What is known of the answer to a query. It is asked for where it may be, and refusals again each time. */
function useAnswer(query: string, asks: boolean): ViewsAnswer {
  const [, tell] = useState(UNKNOWN);
  useEffect(() => {
    if (!asks || known.get(query)?.views) return;
    const over = new AbortController();
    fetchViews(HERE, query, { signal: over.signal })
      .then(
        (views) => ({ views }),
        ({ cause, message }) => (cause === 401 ? UNKNOWN : { refusal: message }),
      )
      .then((answer) => {
        if (over.signal.aborted) return;
        known.set(query, answer);
        tell(answer);
      });
    return () => over.abort();
  }, [query, asks]);
  return known.get(query) ?? UNKNOWN;
}
