/** The visible bars as a table: the same chart for readers of numbers and of screen readers. */
import { type RefObject, useState } from "react";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { BarRows } from "./BarRows";
import { Dialog } from "./Dialog";

interface BarTableProps {
  dialog: RefObject<HTMLDialogElement | null>;
  scene: Scene | null;
  symbol: string;
  settings: PaneSettings;
}

export function BarTable({ dialog, scene, symbol, settings }: BarTableProps) {
  // A closed dialog draws no rows.
  const [open, setOpen] = useState(false);
  return (
    <Dialog
      dialog={dialog}
      title={`Visible bars of ${symbol}`}
      className="dialog dialog--table"
      data-testid="table"
      onToggle={({ newState }) => setOpen(newState === "open")}
    >
      {open && scene !== null && <BarRows scene={scene} settings={settings} />}
    </Dialog>
  );
}
