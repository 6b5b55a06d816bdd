/** The server's colours of every theme: those of the build until `GET /views` has told its own. */
import { COLORS, type ColorTable, PALETTES, ROLES, THEMES, type ThemeName } from "../wire/wire.gen";

export type ColorTables = Readonly<Record<ThemeName, ColorTable>>;

let tables: ColorTables = COLORS;
const listeners = new Set<() => void>();

/** The same object until the server tells other colours. */
export function colorTable(theme: ThemeName): ColorTable {
  return tables[theme];
}

/** Takes what the server tells, unless a colour is missing: an older server has fewer. */
export function learnColors(told: ColorTables | undefined): void {
  if (!isWhole(told) || JSON.stringify(told) === JSON.stringify(tables)) return;
  tables = told;
  for (const listener of listeners) listener();
}

export function subscribeColors(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function isWhole(told: ColorTables | undefined): told is ColorTables {
  return THEMES.every((theme) => {
    const table: Partial<ColorTable> = told?.[theme] ?? {};
    return (
      ROLES.every((role) => table.roles?.[role] !== undefined) &&
      PALETTES.every((palette) => table.directions?.[palette]?.length === 2)
    );
  });
}
