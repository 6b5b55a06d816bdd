/** A link to a chart that stays on this page, yet opens in a new tab like any other link. */
import type { MouseEvent, ReactNode } from "react";
import { chartPath } from "../lib/symbol";

interface Props {
  symbol: string;
  go: (symbol: string) => void;
  className?: string;
  label?: string;
  current?: boolean;
  children?: ReactNode;
}

export function SymbolLink({ symbol, go, className, label, current = false, children }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    go(symbol);
  };
  return (
    <a
      href={chartPath(symbol)}
      onClick={follow}
      className={className}
      aria-label={label}
      aria-current={current ? "page" : undefined}
    >
      {children ?? symbol}
    </a>
  );
}
