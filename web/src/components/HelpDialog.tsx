/** What the keys do, in the browser's own dialog: it keeps the focus and gives it back. */
import { type RefObject, useId } from "react";
import { HELP } from "../lib/keys";
import { Close } from "./Icons";

export function HelpDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const title = useId();
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={title} data-testid="help">
      <header className="dialog__head">
        <h2 id={title}>Keys of the chart</h2>
        <form method="dialog">
          <button type="submit" className="tool" aria-label="Close">
            <Close />
          </button>
        </form>
      </header>
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
    </dialog>
  );
}
