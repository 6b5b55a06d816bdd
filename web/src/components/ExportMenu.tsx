/** The chart as a file: picture, drawing, table or figure. */
import { useId, useState } from "react";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { EXPORTS, type ExportKind, exportChart } from "../lib/picture/exports";
import type { StreamView } from "../lib/stream/streamView";
import type { ColorTable } from "../lib/wire/wire.gen";
import { IconButton } from "./IconButton";
import { Download } from "./Icons";

interface ExportMenuProps {
  view: StreamView;
  scene: Scene | null;
  settings: PaneSettings;
  colors: ColorTable;
  hidden: ReadonlySet<string>;
}

export function ExportMenu({ view, scene, settings, colors, hidden }: ExportMenuProps) {
  const id = useId();
  const [failure, setFailure] = useState<string | null>(null);

  const take = (kind: ExportKind) => {
    document.getElementById(id)?.hidePopover();
    if (scene === null) return;
    setFailure(null);
    exportChart(kind, { symbol: view.symbol, scene, settings, colors, hidden }).catch(
      (error: Error) => setFailure(error.message),
    );
  };

  return (
    <div className="export">
      <IconButton label="Save the chart" disabled={scene === null} popoverTarget={id}>
        <Download />
      </IconButton>
      <div id={id} popover="auto" className="export__menu" data-testid="export">
        {EXPORTS.map(({ kind, face, about }) => (
          <button key={kind} type="button" onClick={() => take(kind)}>
            <b>{face}</b> {about}
          </button>
        ))}
      </div>
      {failure !== null && (
        <p role="alert" className="export__failure">
          {failure}
        </p>
      )}
    </div>
  );
}
