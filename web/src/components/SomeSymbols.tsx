/** Links to other charts, for a place without one. */
import { popularSymbols } from "../lib/page/popular";
import { SymbolLink } from "./SymbolLink";

interface SomeSymbolsProps {
  /** One to begin with. */
  first?: string | undefined;
}

export function SomeSymbols({ first }: SomeSymbolsProps) {
  const others = popularSymbols().filter((symbol) => symbol !== first);
  const ways = first === undefined ? others : [first, ...others];
  return ways
    .slice(0, 3)
    .map((symbol) => <SymbolLink key={symbol} symbol={symbol} className="tool tool--text" />);
}
