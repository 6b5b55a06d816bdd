/** The platform's modal dialog with a title: it keeps the focus, closes on Escape and gives the focus back. */
import { type ComponentProps, type RefObject, useId } from "react";
import { IconButton } from "./IconButton";
import { Close } from "./Icons";

interface DialogProps extends ComponentProps<"dialog"> {
  dialog: RefObject<HTMLDialogElement | null>;
  title: string;
}

export function Dialog({ dialog, title, className = "dialog", children, ...rest }: DialogProps) {
  const id = useId();
  return (
    <dialog ref={dialog} className={className} aria-labelledby={id} {...rest}>
      <header className="dialog__head">
        <h2 id={id}>{title}</h2>
        <IconButton label="Close" onClick={() => dialog.current?.close()}>
          <Close />
        </IconButton>
      </header>
      {children}
    </dialog>
  );
}
