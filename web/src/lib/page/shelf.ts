/**
 * What the reader keeps in this browser: favourite symbols, which are the watchlist, and the ones
 * looked at last. The tabs of a browser see each other's changes.
 */

import { parseSymbol } from "../wire/symbol";
import { popularSymbols } from "./popular";
import { store, stored } from "./stored";

export const MAX_FAVOURITES = 20;
export const MAX_RECENT = 6;

export interface Shelf {
  favourites: readonly string[];
  recent: readonly string[];
}

const KEY = "figcast.shelf";

const listeners = new Set<() => void>();
let current: Shelf | null = null;

export function readShelf(): Shelf {
  current ??= parseShelf(stored(KEY));
  return current;
}

export function subscribeShelf(listener: () => void): () => void {
  const other = ({ key }: StorageEvent) => {
    if (key !== KEY) return;
    current = null;
    listener();
  };
  listeners.add(listener);
  addEventListener("storage", other);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", other);
  };
}

export function changeShelf(change: (shelf: Shelf) => Shelf): void {
  current = change(readShelf());
  store(KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

/** A star set or taken away; one more than there may be pushes the oldest out. */
export function withStar(shelf: Shelf, symbol: string): Shelf {
  const { favourites } = shelf;
  const next = favourites.includes(symbol)
    ? favourites.filter((other) => other !== symbol)
    : [...favourites, symbol].slice(-MAX_FAVOURITES);
  return { ...shelf, favourites: next };
}

export function withRecent(shelf: Shelf, symbol: string): Shelf {
  const recent = [symbol, ...shelf.recent.filter((other) => other !== symbol)];
  return { ...shelf, recent: recent.slice(0, MAX_RECENT) };
}

/** Storage comes from outside: an older version of the page may have written it. */
export function parseShelf(text: string | null): Shelf {
  const first: Shelf = { favourites: popularSymbols(), recent: [] };
  if (text === null) return first;
  try {
    const { favourites, recent } = JSON.parse(text) as Record<string, unknown>;
    return {
      favourites: symbols(favourites)?.slice(-MAX_FAVOURITES) ?? first.favourites,
      recent: symbols(recent)?.slice(0, MAX_RECENT) ?? first.recent,
    };
  } catch {
    return first;
  }
}

function symbols(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null;
  const parsed = value.map((one) => parseSymbol(String(one)));
  return [...new Set(parsed.flatMap((one) => (one.ok ? [one.symbol] : [])))];
}
