/**
 * The reader's theme: what the address says, else what this browser remembers, else the system's,
 * which may change while the page is open.
 */
import { useCallback, useLayoutEffect, useState, useSyncExternalStore } from "react";
import type { PageChoice } from "../lib/page/pageChoice";
import {
  resolveTheme,
  showChoice,
  storeChoice,
  storedChoice,
  type ThemeChoice,
} from "../lib/page/theme";
import type { ThemeName } from "../lib/wire/wire.gen";

const SYSTEM_DARK = matchMedia("(prefers-color-scheme: dark)");
/** High contrast: the system's own colours win over the reader's choice of theme. */
const FORCED = matchMedia("(forced-colors: active)");

function subscribe(onChange: () => void): () => void {
  SYSTEM_DARK.addEventListener("change", onChange);
  return () => SYSTEM_DARK.removeEventListener("change", onChange);
}

export function useTheme(
  said: ThemeChoice | null,
  change: (change: Partial<PageChoice>) => void,
): {
  choice: ThemeChoice;
  choose: (choice: ThemeChoice) => void;
  theme: ThemeName;
} {
  const [stored, setStored] = useState(storedChoice);
  const systemIsDark = useSyncExternalStore(subscribe, () => SYSTEM_DARK.matches);
  const choice = said ?? stored;
  // Before the charts draw: they read their colours from the style sheet this changes.
  useLayoutEffect(() => showChoice(choice), [choice]);
  const choose = useCallback(
    (next: ThemeChoice) => {
      storeChoice(next);
      setStored(next);
      change({ theme: next === "system" ? null : next });
    },
    [change],
  );
  const shown = FORCED.matches ? "system" : choice;
  return { choice, choose, theme: resolveTheme(shown, systemIsDark) };
}
