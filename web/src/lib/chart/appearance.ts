/** The reader's choices of how a chart looks, and the effect of a change on the stretch shown. Pure. */
import { barsOf } from "../bars/bars";
import type { Figure } from "../wire/figure";
import type { ColorTable } from "../wire/wire.gen";
import type { ModeEvent } from "./followMode";
import type { PaneSettings, Zone } from "./paneSettings";
import { inZone } from "./zoneShift";

export interface Appearance {
  settings: PaneSettings;
  colors: ColorTable;
  /** Legend groups that are put away. */
  hidden: ReadonlySet<string>;
}

export function isAlike(one: Appearance, other: Appearance): boolean {
  const names = Object.keys(one.settings) as (keyof PaneSettings)[];
  return (
    one.colors === other.colors &&
    one.hidden === other.hidden &&
    names.every((name) => one.settings[name] === other.settings[name])
  );
}

/** What has to be told to the mode of a chart that shows `figure`; nothing of a mere change of colours. */
export function turnsOf(before: Appearance, after: Appearance, figure: Figure | null): ModeEvent[] {
  const other = (name: keyof PaneSettings) => after.settings[name] !== before.settings[name];
  const turns: ModeEvent[] = [];
  if (other("scale") || after.hidden !== before.hidden) turns.push({ kind: "refit" });
  if (other("window")) turns.push({ kind: "live", window: after.settings.window });
  if (other("zone") && figure !== null) {
    const on = (zone: Zone) => barsOf(inZone(figure, zone));
    turns.push({ kind: "clock", was: on(before.settings.zone), is: on(after.settings.zone) });
  }
  return turns;
}
