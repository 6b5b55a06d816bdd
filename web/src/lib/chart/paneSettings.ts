/**
 * The settings of one chart that need no other figure from the server. The page applies them to the figure at
 * hand, so that no choice costs a reconnect.
 */
import type { Palette } from "../wire/wire.gen";

export const SCALES = ["linear", "log"] as const;
export type Scale = (typeof SCALES)[number];

/** Whose clock the time axis shows. */
export const ZONES = ["exchange", "local", "utc"] as const;
export type Zone = (typeof ZONES)[number];

/** How much of the chart's end is followed: minutes, the hour to date, hours, or all of it. */
export const WINDOWS = ["15m", "45m", "htd", "3h", "all"] as const;
export type FollowWindow = (typeof WINDOWS)[number];

export interface PaneSettings {
  scale: Scale;
  palette: Palette;
  zone: Zone;
  /** The figure on the screen stays; newer ones are counted. */
  paused: boolean;
  window: FollowWindow;
}

export const DEFAULT_SETTINGS: PaneSettings = Object.freeze({
  scale: "linear",
  palette: "safe",
  zone: "exchange",
  paused: false,
  window: "all",
});
