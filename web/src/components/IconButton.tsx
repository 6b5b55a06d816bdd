/** A button without words: its label is spoken, and shown where the mouse rests. */
import type { ComponentProps } from "react";

interface Props extends ComponentProps<"button"> {
  label: string;
}

export function IconButton({ label, title = label, className = "tool", ...rest }: Props) {
  return <button type="button" className={className} aria-label={label} title={title} {...rest} />;
}
