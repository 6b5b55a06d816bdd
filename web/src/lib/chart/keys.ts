/** The commands of the keys while the chart has the focus, and their sentences in the help. */

export type Command =
  | { kind: "step"; bars: number }
  | { kind: "first" }
  | { kind: "last" }
  | { kind: "zoom"; by: number }
  | { kind: "pause" }
  | { kind: "live" }
  | { kind: "table" }
  | { kind: "help" }
  | { kind: "leave" };

const ZOOM_STEP = 1.5;
const PAGE_BARS = 10;

const COMMANDS: Record<string, Command> = {
  ArrowLeft: { kind: "step", bars: -1 },
  ArrowRight: { kind: "step", bars: 1 },
  PageUp: { kind: "step", bars: -PAGE_BARS },
  PageDown: { kind: "step", bars: PAGE_BARS },
  Home: { kind: "first" },
  End: { kind: "last" },
  "+": { kind: "zoom", by: 1 / ZOOM_STEP },
  "=": { kind: "zoom", by: 1 / ZOOM_STEP },
  "-": { kind: "zoom", by: ZOOM_STEP },
  " ": { kind: "pause" },
  l: { kind: "live" },
  t: { kind: "table" },
  "?": { kind: "help" },
  Escape: { kind: "leave" },
};

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Null of a key that is the browser's. */
export function commandOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Key): Command | null {
  if (ctrlKey || metaKey || altKey) return null;
  const command = COMMANDS[key.length === 1 ? key.toLowerCase() : key] ?? null;
  return command?.kind === "step" && shiftKey
    ? { kind: "step", bars: Math.sign(command.bars) * PAGE_BARS }
    : command;
}

export const HELP: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["←", "→"], "move the cursor by one bar"],
  [["Shift ←", "Shift →"], "by ten bars"],
  [["Home", "End"], "to the first and to the newest bar"],
  [["+", "−"], "show less and more time"],
  [["L"], "go to live: follow the newest bars"],
  [["Space"], "pause and resume drawing"],
  [["T"], "the visible bars as a table"],
  [["Esc"], "put the cursor away"],
  [["?"], "this help"],
];
