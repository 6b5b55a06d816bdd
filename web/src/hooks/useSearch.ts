/** The server's answers to the typed text, asked for a moment after the typing has paused. */
import { useEffect, useState } from "react";
import { type Found, SEARCH_DELAY_MS, searchSymbols } from "../lib/wire/search";

export interface SearchState {
  /** What `results` are for. */
  query: string;
  results: readonly Found[];
  /** Why there are none of what is typed now. */
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
      const { signal } = over;
      const fail = (failure: string) => setState({ query, results: [], failure });
      const onTrouble = (sentence: string) => fail(`${sentence} Trying again.`);
      try {
        const results = await searchSymbols(query, { signal, onTrouble });
        setState({ query, results, failure: null });
      } catch (error) {
        if (!signal.aborted) fail((error as Error).message);
      }
    }, SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, [query]);

  if (query === "") return NOTHING;
  // A failure belongs to the letters that were asked for, and is over when the reader types on.
  return state.query === query ? state : { ...state, failure: null };
}
