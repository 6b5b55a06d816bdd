/** A few symbols one click away. */
import { QUICK_SYMBOLS } from "../lib/symbol";
import { SymbolLink } from "./SymbolLink";

interface Props {
  current: string | null;
  go: (symbol: string) => void;
}

export function QuickSymbols({ current, go }: Props) {
  return (
    <nav className="quick" aria-label="Quick symbols">
      {QUICK_SYMBOLS.map((symbol) => (
        <SymbolLink
          key={symbol}
          symbol={symbol}
          go={go}
          className="quick__link"
          current={symbol === current}
        />
      ))}
    </nav>
  );
}
