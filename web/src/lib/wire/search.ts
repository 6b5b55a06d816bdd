/** Symbols by name or ticker, as the server's source knows them. */
import { type AskOptions, ask } from "./ask";

/** Typing pauses this long before the server is asked. */
export const SEARCH_DELAY_MS = 150;

export interface Found {
  symbol: string;
  name: string | null;
  exchange: string | null;
  type: string | null;
}

/** Rejects with the server's own sentence when it cannot search. */
export async function searchSymbols(
  query: string,
  options?: AskOptions,
): Promise<readonly Found[]> {
  const url = `/search?${new URLSearchParams({ q: query })}`;
  return (await ask<{ results: readonly Found[] }>(url, options)).results;
}
