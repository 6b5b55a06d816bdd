/**
 * The symbols that the server's source shows first: the chart of `/`, the watchlist of a reader without one of
 * their own, and the links in a place without a chart. The page asks once, before it is drawn.
 */
import { ask } from "../wire/ask";
import type { Found } from "../wire/search";
import { HERE } from "../wire/server";
import { parseSymbol, QUICK_SYMBOLS } from "../wire/symbol";

/** As many as a watchlist begins with. */
const SHOWN = 6;
/** A page without the answer is better than no page. */
const PATIENCE_MS = 1_500;

let symbols: readonly string[] = QUICK_SYMBOLS;

export function popularSymbols(): readonly string[] {
  return symbols;
}

/** Never empty. */
export function firstSymbol(): string {
  return symbols[0] ?? QUICK_SYMBOLS[0];
}

/** Resolves when the source has said, or has had its time; the usual symbols stay then. */
export async function learnPopular(fetch = globalThis.fetch): Promise<void> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { results } = await ask<{ results: readonly Found[] }>(`${HERE.base}/search`, {
      fetch,
      signal,
      tries: 1,
    });
    const valid = results.map(({ symbol }) => parseSymbol(symbol));
    const known = valid.flatMap((parsed) => (parsed.ok ? [parsed.symbol] : [])).slice(0, SHOWN);
    if (known.length > 0) symbols = known;
  } catch {
    // The page says by itself that the server cannot be reached.
  }
}
