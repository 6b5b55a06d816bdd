/** The server's answers to the typed text, asked for a moment after the typing has paused. */
import { useEffect, useState } from "react";
import { sentence } from "../lib/text/sentence";
import { type Found, SEARCH_DELAY_MS, searchSymbols } from "../lib/wire/search";

export interface SearchState {
  /** What `results` are for. */
  query: string;
  results: readonly Found[];
  /** Why there are none of what is typed now, or none of some source. */
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
      const onTrouble = (trouble: string) => fail(`${trouble} Trying again.`);
      try {
        const { results, unanswered } = await searchSymbols(query, { signal, onTrouble });
        const failure = unanswered?.map(({ detail }) => sentence(detail)).join(" ") ?? null;
        setState({ query, results, failure });
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
