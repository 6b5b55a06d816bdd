/** The reader's choice of theme and the theme it comes to. `public/theme.js` applies it first. */

import { THEMES, type ThemeName } from "../wire/wire.gen";
import { store, stored } from "./stored";

export const THEME_CHOICES = ["system", ...THEMES] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

const STORAGE_KEY = "figcast.theme";

export function resolveTheme(choice: ThemeChoice, systemIsDark: boolean): ThemeName {
  if (choice !== "system") return choice;
  return systemIsDark ? "dark" : "light";
}

export function storedChoice(): ThemeChoice {
  const text = stored(STORAGE_KEY);
  return THEME_CHOICES.find((choice) => choice === text) ?? "system";
}

export function showChoice(choice: ThemeChoice): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

export function storeChoice(choice: ThemeChoice): void {
  store(STORAGE_KEY, choice === "system" ? null : choice);
}
