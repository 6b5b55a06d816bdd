/** Links to other charts, for a place without one. */
import { usePage } from "../hooks/usePage";
import { popularSymbols } from "../lib/page/popular";
import { SymbolLink } from "./SymbolLink";

interface SomeSymbolsProps {
  /** One to begin with. */
  first?: string | undefined;
}

export function SomeSymbols({ first }: SomeSymbolsProps) {
  const { addressOf } = usePage();
  const others = popularSymbols().filter((symbol) => symbol !== first);
  const ways = first === undefined ? others : [first, ...others];
  // A link to the place itself leads nowhere.
  return ways
    .filter((symbol) => addressOf(symbol) !== location.pathname + location.search)
    .slice(0, 3)
    .map((symbol) => <SymbolLink key={symbol} symbol={symbol} className="tool tool--text" />);
}
