/** What the server finds for what is being typed, a moment after the typing has paused. */
import { useEffect, useState } from "react";
import { type Found, SEARCH_DELAY_MS, searchSymbols } from "../lib/search";

export interface SearchState {
  /** What `results` are for. */
  query: string;
  results: readonly Found[];
  /** Why there are none, when the server cannot search. */
  failure: string | null;
}

const NOTHING: SearchState = { query: "", results: [], failure: null };

export function useSearch(typed: string): SearchState {
  const query = typed.trim();
  const [state, setState] = useState(NOTHING);

  useEffect(() => {
    if (query === "") return;
    const over = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const results = await searchSymbols(query, { signal: over.signal });
        setState({ query, results, failure: null });
      } catch (error) {
        if (!over.signal.aborted)
          setState({ query, results: [], failure: (error as Error).message });
      }
    }, SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, [query]);

  return query === "" ? NOTHING : state;
}
