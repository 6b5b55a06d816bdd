/** The colours of a tag's server, which it is asked for once. */
import { useEffect } from "react";
import { useColors } from "../hooks/useColors";
import { fetchViews } from "../lib/wire/views";
import type { ColorTable, ThemeName } from "../lib/wire/wire.gen";
import type { Supply } from "./supply";

const asked = new WeakSet<Supply>();

export function useSupplyColors(supply: Supply, theme: ThemeName): ColorTable {
  useEffect(() => {
    if (asked.has(supply)) return;
    asked.add(supply);
    // Charts are drawn in the colours of this script's build until then, and if there is no answer.
    fetchViews(supply.server, "", { tries: 3 }).then(
      ({ colors }) => supply.colors.learn(colors),
      () => {},
    );
  }, [supply]);
  return useColors(theme, supply.colors);
}
