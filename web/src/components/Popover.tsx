/** A button that opens a box below it: the platform's popover, which Escape and a click close. */
import { type ReactNode, type ToggleEvent, useId, useRef } from "react";
import { IconButton } from "./IconButton";

interface PopoverProps {
  label: string;
  /** The picture on the button; a screen reader speaks the label instead. */
  face: ReactNode;
  children: ReactNode;
}

const MARGIN = 8;

export function Popover({ label, face, children }: PopoverProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);

  const place = (event: ToggleEvent) => {
    if (event.newState !== "open" || button.current === null || box.current === null) return;
    const { bottom, left } = button.current.getBoundingClientRect();
    const room = document.documentElement.clientWidth - box.current.offsetWidth - MARGIN;
    box.current.style.top = `${bottom + MARGIN / 2}px`;
    box.current.style.left = `${Math.max(MARGIN, Math.min(left, room))}px`;
  };

  return (
    <>
      <IconButton ref={button} label={label} popoverTarget={id}>
        {face}
      </IconButton>
      <div ref={box} id={id} popover="auto" className="popover" onToggle={place}>
        {children}
      </div>
    </>
  );
}
