/** Symbols by name or ticker, as the server's sources know them. */
import { type AskOptions, ask } from "./ask";
import { HERE } from "./server";

/** Typing pauses this long before the server is asked. */
export const SEARCH_DELAY_MS = 150;

export interface Found {
  symbol: string;
  name: string | null;
  exchange: string | null;
  type: string | null;
}

export interface SearchAnswer {
  results: readonly Found[];
  /** The sources without an answer, and why. */
  unanswered?: readonly { source: string; detail: string }[];
}

/** Rejects with the server's own sentence when it cannot search. */
export function searchSymbols(query: string, options?: AskOptions): Promise<SearchAnswer> {
  return ask<SearchAnswer>(`${HERE.base}/search?${new URLSearchParams({ q: query })}`, options);
}
