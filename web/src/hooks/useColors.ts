/** The colours of a theme; a component draws again when the server tells others. */
import { useLayoutEffect, useSyncExternalStore } from "react";
import { type ColorStore, PAGE_COLORS } from "../lib/page/colorTables";
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
