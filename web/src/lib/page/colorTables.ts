/** A server's colours of every theme: those of the build until `GET /views` has told its own. */
import { COLORS, type ColorTable, PALETTES, ROLES, THEMES, type ThemeName } from "../wire/wire.gen";

export type ColorTables = Readonly<Record<ThemeName, ColorTable>>;

export class ColorStore {
  #tables: ColorTables = COLORS;
  readonly #listeners = new Set<() => void>();

  /** The same object until the server tells other colours. */
  readonly table = (theme: ThemeName): ColorTable => this.#tables[theme];

  /** Takes what the server tells, unless a colour is missing: an older server has fewer. */
  learn(told: ColorTables | undefined): void {
    if (!isWhole(told) || JSON.stringify(told) === JSON.stringify(this.#tables)) return;
    this.#tables = told;
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** Those of the page's own server. */
export const PAGE_COLORS = new ColorStore();

function isWhole(told: ColorTables | undefined): told is ColorTables {
  return THEMES.every((theme) => {
    const table: Partial<ColorTable> = told?.[theme] ?? {};
    return (
      ROLES.every((role) => table.roles?.[role] !== undefined) &&
      PALETTES.every((palette) => table.directions?.[palette]?.length === 2)
    );
  });
}
