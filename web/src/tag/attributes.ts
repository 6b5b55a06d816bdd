/** The attributes of a tag: what its chart shows and how it looks, or a sentence on the one that is wrong. Pure. */
import {
  DEFAULT_SETTINGS,
  type PaneSettings,
  SCALES,
  WINDOWS,
  ZONES,
} from "../lib/chart/paneSettings";
import { parseSymbol } from "../lib/wire/symbol";
import { choiceOf, type ViewChoice } from "../lib/wire/viewKey";
import { PALETTES, THEMES } from "../lib/wire/wire.gen";

export const TAG_THEMES = ["auto", ...THEMES] as const;
export type TagTheme = (typeof TAG_THEMES)[number];

/** Those that name the chart go to the server as they are, which says what is wrong with them. */
export const ATTRIBUTES = [
  ...["symbol", "interval", "range", "session", "chart", "studies", "compare"],
  ...["scale", "window", "palette", "zone", "theme", "server", "token"],
] as const;

export interface TagChoice {
  view: ViewChoice;
  settings: PaneSettings;
  theme: TagTheme;
}

export type ReadTag = { ok: true; choice: TagChoice } | { ok: false; problem: string };

const NO_SYMBOL = 'The tag names no symbol. It is written as <figcast-chart symbol="AAPL">.';

export function readTag(attribute: (name: string) => string | null): ReadTag {
  const typed = attribute("symbol")?.trim() ?? "";
  if (typed === "") return { ok: false, problem: NO_SYMBOL };
  const parsed = parseSymbol(typed);
  if (!parsed.ok) return { ok: false, problem: parsed.message };
  const problems: string[] = [];
  const oneOf = <T extends string>(name: string, values: readonly T[], usual: T): T => {
    const said = attribute(name)?.trim() ?? "";
    const found = values.find((value) => value === said);
    if (found === undefined && said !== "") {
      problems.push(`${name}="${said}" is none of ${values.join(", ")}.`);
    }
    return found ?? usual;
  };
  const choice: TagChoice = {
    view: choiceOf(parsed.symbol, attribute),
    settings: {
      scale: oneOf("scale", SCALES, DEFAULT_SETTINGS.scale),
      window: oneOf("window", WINDOWS, DEFAULT_SETTINGS.window),
      palette: oneOf("palette", PALETTES, DEFAULT_SETTINGS.palette),
      zone: oneOf("zone", ZONES, DEFAULT_SETTINGS.zone),
      paused: false,
    },
    theme: oneOf("theme", TAG_THEMES, "auto"),
  };
  return problems.length === 0 ? { ok: true, choice } : { ok: false, problem: problems.join(" ") };
}
