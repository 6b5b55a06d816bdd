/** The keys of the chart and their effects. */
import type { RefObject } from "react";
import { HELP } from "../lib/chart/keys";
import { Dialog } from "./Dialog";

export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <Dialog dialog={dialog} title="Keys of the chart" data-testid="help">
      <p>They work while the chart has the focus: press Tab until it is framed, or click it.</p>
      <dl className="keys">
        {HELP.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        The wheel zooms, dragging pans, a double click goes back to live. On a touch screen one
        finger across pans, two pinch, and a tap puts the cursor.
      </p>
    </Dialog>
  );
}
