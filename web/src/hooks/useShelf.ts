/** Favourites and recent symbols, the same in every component and tab. */
import { useSyncExternalStore } from "react";
import { readShelf, type Shelf, subscribeShelf } from "../lib/page/shelf";

export function useShelf(): Shelf {
  return useSyncExternalStore(subscribeShelf, readShelf);
}
