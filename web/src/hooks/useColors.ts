/** The colours of a theme; a component draws again when the server tells others. */
import { useSyncExternalStore } from "react";
import { colorTable, subscribeColors } from "../lib/page/colorTables";
import type { ColorTable, ThemeName } from "../lib/wire/wire.gen";

export function useColors(theme: ThemeName): ColorTable {
  return useSyncExternalStore(subscribeColors, () => colorTable(theme));
}
