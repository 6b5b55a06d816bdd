/** Ways on from where there is no chart. */
import { popularSymbols } from "../lib/popular";
import { SymbolLink } from "./SymbolLink";

export function SomeSymbols() {
  return popularSymbols()
    .slice(0, 3)
    .map((symbol) => <SymbolLink key={symbol} symbol={symbol} className="tool tool--text" />);
}
