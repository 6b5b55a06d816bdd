/**
 * Learns the colours of the page's server, with `own` colours over them. Charts are drawn in those of the build until
 * then. Returns the server's sentence where it refuses the reader's own.
 */
export function useServedColors(own: string | null): string | null {
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    const over = new AbortController();
    setRefusal(null);
    const query = new URLSearchParams(own === null ? {} : { colors: own });
    ask<Views>(addressOf(HERE, "/views", query), { signal: over.signal }).then(
      ({ colors }) => PAGE_COLORS.learn(colors),
      ({ message }: Error) => {
        if (own !== null && !over.signal.aborted) setRefusal(message);
      },
    );
    return () => over.abort();
  }, [own]);
  return refusal;
}

/** The colours of a theme; a component draws again when the server tells others. */
import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { type ColorStore, PAGE_COLORS } from "../lib/page/colorTables";
import { ask } from "../lib/wire/ask";
import { addressOf, HERE } from "../lib/wire/server";
import type { Views } from "../lib/wire/views";
import type { ColorTable, ThemeName } from "../lib/wire/wire.gen";

export function useColors(theme: ThemeName, store: ColorStore = PAGE_COLORS): ColorTable {
  return useSyncExternalStore(store.subscribe, () => store.table(theme));
}

/** What a server's brand may set around the bars, as the custom properties of the style sheets. */
const SERVED = ["background", "text", "muted", "grid", "up", "down", "font"] as const;

/** An element that has the ground, the words and the font of the server's brand, before anything is drawn in it. */
export function useServedGround(element: HTMLElement, { brand }: ColorTable): void {
  useLayoutEffect(() => {
    for (const name of SERVED) {
      const value = brand?.[name];
      if (value === undefined) element.style.removeProperty(`--served-${name}`);
      else element.style.setProperty(`--served-${name}`, value);
    }
  }, [element, brand]);
}
