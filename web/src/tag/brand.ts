/** The colours of the page around a tag, in the place of the server's: `--figcast-up`, `-down` and `-line`. */
import { plainColours } from "../lib/chart/pageStyle";
import type { ColorTable, Palette } from "../lib/wire/wire.gen";

const NAMES = ["--figcast-up", "--figcast-down", "--figcast-line"] as const;

export type Brand = Readonly<Partial<Record<(typeof NAMES)[number], string>>>;

export function brandOf(element: Element): Brand {
  const style = getComputedStyle(element);
  const given = NAMES.filter((name) => style.getPropertyValue(name).trim() !== "");
  return given.length === 0 ? {} : plainColours(element, given);
}

/** Up is the colour of what rises, whichever palette the tag names. */
export function branded(
  colors: ColorTable,
  palette: Palette,
  brand: Brand,
): { colors: ColorTable; palette: Palette } {
  const { "--figcast-up": up, "--figcast-down": down, "--figcast-line": line } = brand;
  const [rising, falling] = colors.directions[palette];
  const pair = [up ?? rising, down ?? falling] as const;
  const roles = {
    ...colors.roles,
    up: up ?? colors.roles.up,
    down: down ?? colors.roles.down,
    own: line ?? colors.roles.own,
  };
  const directions = { ...colors.directions, "red-green": pair, safe: pair };
  const isOwn = up !== undefined || down !== undefined;
  if (!isOwn) return { colors: { ...colors, roles }, palette };
  return { colors: { roles, directions }, palette: palette === "safe" ? palette : "red-green" };
}
