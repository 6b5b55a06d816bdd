/** The colours of a theme, told again when the server has told its own. */
import { useSyncExternalStore } from "react";
import { colorTable, subscribeColors } from "../lib/page/colorTables";
import type { ColorTable, ThemeName } from "../lib/wire/wire.gen";

export function useColors(theme: ThemeName): ColorTable {
  return useSyncExternalStore(subscribeColors, () => colorTable(theme));
}
