/** A dialog to choose in, which a click beside it closes as well. */
import type { FormEvent, ReactNode, RefObject } from "react";
import { Dialog } from "./Dialog";

interface ModalProps {
  dialog: RefObject<HTMLDialogElement | null>;
  title: string;
  children: ReactNode;
  /** With it the dialog is a form with a button for this. */
  apply?: { label: string; onApply: () => void };
  /** Called on every way of closing. */
  onClose?: () => void;
}

export function Modal({ dialog, title, children, apply, onClose }: ModalProps) {
  const close = () => dialog.current?.close();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply?.onApply();
    close();
  };
  return (
    <Dialog dialog={dialog} title={title} onClose={onClose} closedby="any">
      <form className="modal__body" onSubmit={submit}>
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
    </Dialog>
  );
}
