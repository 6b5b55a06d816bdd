/** A link to a symbol's chart that stays on this page, yet opens in a new tab like any other link. */
import type { MouseEvent, ReactNode } from "react";
import { usePage } from "../hooks/usePage";

interface SymbolLinkProps {
  symbol: string;
  className?: string;
  label?: string;
  current?: boolean;
  children?: ReactNode;
}

export function SymbolLink({
  symbol,
  className,
  label,
  current = false,
  children,
}: SymbolLinkProps) {
  const { addressOf, go } = usePage();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    go(symbol);
  };
  return (
    <a
      href={addressOf(symbol)}
      onClick={follow}
      className={className}
      aria-label={label}
      aria-current={current ? "page" : undefined}
    >
      {children ?? symbol}
    </a>
  );
}
