/** A button without words: its label is spoken, and shown where the mouse rests. */
import type { ComponentProps } from "react";

interface IconButtonProps extends ComponentProps<"button"> {
  label: string;
}

export function IconButton({ label, title = label, className = "tool", ...rest }: IconButtonProps) {
  return <button type="button" className={className} aria-label={label} title={title} {...rest} />;
}
