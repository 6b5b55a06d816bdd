/**
 * The chart's own colours, so that a change of theme or palette costs no new figure. The server's
 * are known by what they stand for: whatever it drew in one of them is drawn in ours.
 */

import type { ThemeName } from "../wire/figure";
import type { Palette } from "./paneSettings";

/** What a colour stands for. */
type Role =
  | "up"
  | "flat"
  | "down"
  | "green"
  | "red"
  | "blue"
  | "orange"
  | "muted"
  | "veil"
  | `line${0 | 1 | 2 | 3 | 4 | 5}`;

export type ChartColors = Readonly<Record<Role, string>>;

/** As the server has them, from which they are also told. */
const SERVER: Record<ThemeName, ChartColors> = {
  dark: {
    up: "lime",
    flat: "yellow",
    down: "red",
    green: "#2ebd85",
    red: "#f6465d",
    blue: "#56a8f5",
    orange: "#f0933c",
    muted: "#8a94a3",
    veil: "rgba(138,148,163,0.08)",
    line0: "#f5c542",
    line1: "#c792ea",
    line2: "#4dd0e1",
    line3: "#ff8a65",
    line4: "#9ccc65",
    line5: "#f48fb1",
  },
  light: {
    up: "#1b7a33",
    flat: "#8a6100",
    down: "#c62828",
    green: "#14804a",
    red: "#cf304a",
    blue: "#1766b8",
    orange: "#b35309",
    muted: "#5b6675",
    veil: "rgba(91,102,117,0.08)",
    line0: "#946c00",
    line1: "#7b3fb8",
    line2: "#00727f",
    line3: "#b3471d",
    line4: "#44741a",
    line5: "#a8326a",
  },
};

const ROLES = new Map(
  Object.values(SERVER).flatMap((colors) =>
    (Object.entries(colors) as [Role, string][]).map(([role, color]) => [color, role] as const),
  ),
);

export function chartColors(theme: ThemeName): ChartColors {
  return SERVER[theme];
}

/** What one of the server's colours stands for. */
export function roleOf(color: string): Role | undefined {
  return ROLES.get(color);
}

/** The same role in other colours; a colour without a role stays. */
export function recolored(color: string, colors: ChartColors): string {
  const role = ROLES.get(color);
  return role === undefined ? color : colors[role];
}

/** Colours of rising and of falling bars. */
export function directions(colors: ChartColors, palette: Palette): [up: string, down: string] {
  switch (palette) {
    case "safe":
    case "blue-orange":
      return [colors.blue, colors.orange];
    case "red-green":
      return [colors.green, colors.red];
    case "red-up":
      return [colors.red, colors.green];
  }
}

/** Told apart without colour: rising candles are hollow. */
export function isHollow(palette: Palette): boolean {
  return palette === "safe";
}

/** The colour of a line that rose, stood still or fell; East Asia has them the other way round. */
export function toned(color: string, colors: ChartColors, palette: Palette): string {
  const role = ROLES.get(color);
  if (role !== "up" && role !== "down") return recolored(color, colors);
  if (palette === "blue-orange") return role === "up" ? colors.blue : colors.orange;
  if (palette !== "red-up") return colors[role];
  return role === "up" ? colors.down : colors.up;
}
