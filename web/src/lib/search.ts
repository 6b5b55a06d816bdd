/** Symbols by name or ticker, as the server's source knows them. */
import type { Problem } from "./types";

/** Typing pauses this long before the server is asked. */
export const SEARCH_DELAY_MS = 150;

export interface Found {
  symbol: string;
  name: string | null;
  exchange: string | null;
  type: string | null;
}

export interface SearchOptions {
  signal?: AbortSignal;
  fetch?: typeof fetch;
}

/** Rejects with the server's own sentence when it cannot search. */
export async function searchSymbols(
  query: string,
  { signal, fetch = globalThis.fetch }: SearchOptions = {},
): Promise<readonly Found[]> {
  const url = `/search?${new URLSearchParams({ q: query })}`;
  const response = await fetch(url, { ...(signal && { signal }) });
  if (response.ok) return ((await response.json()) as { results: readonly Found[] }).results;
  const problem = (await response.json().catch(() => ({}))) as Problem;
  throw new Error(problem.detail ?? `The server answers with status ${response.status}.`);
}
