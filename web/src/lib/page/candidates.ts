/** The symbols that a symbol box offers for the typed text. */
import type { Found } from "../wire/search";
import { parseSymbol } from "../wire/symbol";
import type { Shelf } from "./shelf";

export interface Candidate {
  symbol: string;
  name: string | null;
  /** Where it is traded, or why it is offered. */
  hint: string;
}

interface Search {
  query: string;
  results: readonly Found[];
}

/**
 * Nothing typed: what was looked at last, then the favourites. Else what the server found, and in
 * any case the very symbol that is typed, as no search knows them all.
 */
export function candidates(
  typed: string,
  { query, results }: Search,
  { favourites, recent }: Shelf,
): Candidate[] {
  if (typed.trim() === "") {
    const others = favourites.filter((symbol) => !recent.includes(symbol));
    return [
      ...recent.map((symbol) => ({ symbol, name: null, hint: "recent" })),
      ...others.map((symbol) => ({ symbol, name: null, hint: "watchlist" })),
    ];
  }
  const parsed = parseSymbol(typed);
  // The last answer is for other letters until the next one comes.
  const found = query === typed.trim() ? results.map(candidate) : [];
  if (!parsed.ok) return found;
  if (found.some(({ symbol }) => symbol === parsed.symbol)) return found;
  return [...found, { symbol: parsed.symbol, name: null, hint: "as typed" }];
}

function candidate({ symbol, name, exchange, type }: Found): Candidate {
  return { symbol, name, hint: exchange ?? type ?? "" };
}
