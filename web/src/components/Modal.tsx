/** The platform's modal dialog: it keeps the focus, closes on Escape and gives the focus back. */
import { type FormEvent, type ReactNode, type RefObject, useId } from "react";
import { Close } from "./Icons";

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  title: string;
  children: ReactNode;
  /** With it the dialog is a form with a button for this. */
  apply?: { label: string; onApply: () => void };
  /** Whatever way it was closed. */
  onClose?: () => void;
}

export function Modal({ dialog, title, children, apply, onClose }: Props) {
  const id = useId();
  const close = () => dialog.current?.close();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply?.onApply();
    close();
  };
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose} closedby="any">
      <form className="modal__body" onSubmit={submit}>
        <header className="dialog__head">
          <h2 id={id}>{title}</h2>
          <button type="button" className="tool" aria-label="Close" onClick={close}>
            <Close />
          </button>
        </header>
        {children}
        {apply && (
          <footer className="modal__foot">
            <button type="button" className="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" className="button button--main">
              {apply.label}
            </button>
          </footer>
        )}
      </form>
    </dialog>
  );
}
