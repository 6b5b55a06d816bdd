/** The reader's theme choice, kept in storage, and what it comes to while the system may change. */
import { useCallback, useState, useSyncExternalStore } from "react";
import { applyChoice, resolveTheme, storedChoice, type ThemeChoice } from "../lib/theme";
import type { ThemeName } from "../lib/types";

const SYSTEM_DARK = matchMedia("(prefers-color-scheme: dark)");

function subscribe(onChange: () => void): () => void {
  SYSTEM_DARK.addEventListener("change", onChange);
  return () => SYSTEM_DARK.removeEventListener("change", onChange);
}

export function useTheme(): {
  choice: ThemeChoice;
  choose: (choice: ThemeChoice) => void;
  theme: ThemeName;
} {
  const [choice, setChoice] = useState(storedChoice);
  const systemIsDark = useSyncExternalStore(subscribe, () => SYSTEM_DARK.matches);
  const choose = useCallback((next: ThemeChoice) => {
    // Before the render: the chart reads its colours from the style sheet this changes.
    applyChoice(next);
    setChoice(next);
  }, []);
  return { choice, choose, theme: resolveTheme(choice, systemIsDark) };
}
