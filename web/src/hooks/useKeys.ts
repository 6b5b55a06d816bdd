/** The keys of the chart, and the sentence that is spoken in answer to each. */
import { type KeyboardEvent, useState } from "react";
import { including, type Stretch, zoomed } from "../lib/bars/stretch";
import { commandOf } from "../lib/chart/keys";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { type BarUnit, barText, spokenBar } from "../lib/text/barText";
import type { CursorHandle } from "./useCursor";

export interface KeysOptions {
  scene: Scene | null;
  unit: BarUnit;
  cursor: CursorHandle;
  settings: PaneSettings;
  onSettings: (change: Partial<PaneSettings>) => void;
  /** The stretch that the next draw shows: several keys may be pressed between two draws. */
  aim: () => Stretch | null;
  move: (from: number, to: number) => void;
  goLive: () => void;
  showTable: () => void;
  showHelp: () => void;
}

export function useKeys(options: KeysOptions) {
  const { scene, unit, cursor, settings, onSettings, move, goLive } = options;
  const [spoken, setSpoken] = useState("");

  const say = (row: number | null) => {
    if (row !== null && scene !== null) setSpoken(spokenBar(barText(scene.bars, row, unit)));
  };

  const land = (row: number | null) => {
    say(row);
    if (row === null || scene === null) return;
    const wall = scene.bars.walls[row] as number;
    const aim = options.aim() ?? scene;
    const { from, to } = including(aim, wall);
    if (from !== aim.from) move(from, to);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Buttons over the chart keep their keys.
    if (event.target !== event.currentTarget || scene === null) return;
    const command = commandOf(event);
    if (command === null) return;
    event.preventDefault();
    switch (command.kind) {
      case "step":
        return land(cursor.step(command.bars));
      case "first":
        return land(cursor.toRow(0));
      case "last":
        goLive();
        // It comes by itself: the stretch that is still on the screen is the one left behind.
        return say(cursor.toRow(scene.bars.walls.length - 1));
      case "zoom": {
        const aim = options.aim() ?? scene;
        const around = cursor.cursor?.wall ?? Math.min(aim.to, scene.bars.walls.at(-1) ?? 0);
        const { from, to } = zoomed(aim, command.by, around);
        return move(from, to);
      }
      case "pause":
        setSpoken(settings.paused ? "Drawing resumed" : "Drawing paused");
        return onSettings({ paused: !settings.paused });
      case "live":
        setSpoken("Following the newest bars");
        return goLive();
      case "table":
        return options.showTable();
      case "help":
        return options.showHelp();
      case "leave":
        return cursor.leave();
    }
  };

  return { spoken, onKeyDown };
}
