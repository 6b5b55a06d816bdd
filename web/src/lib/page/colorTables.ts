/** The server's colours of every theme: those of the build until `GET /views` has told its own. */
import { COLORS, type ColorTable, type ThemeName } from "../wire/wire.gen";

let told: Readonly<Record<ThemeName, ColorTable>> = COLORS;
const listeners = new Set<() => void>();

/** The same object until the server tells other colours. */
export function colorTable(theme: ThemeName): ColorTable {
  return told[theme];
}

export function learnColors(colors: Readonly<Record<ThemeName, ColorTable>>): void {
  if (JSON.stringify(colors) === JSON.stringify(told)) return;
  told = colors;
  for (const listener of listeners) listener();
}

export function subscribeColors(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
