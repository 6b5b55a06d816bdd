/** Ways on from where there is no chart. */
import { QUICK_SYMBOLS } from "../lib/symbol";
import { SymbolLink } from "./SymbolLink";

export function SomeSymbols() {
  return QUICK_SYMBOLS.slice(0, 3).map((symbol) => (
    <SymbolLink key={symbol} symbol={symbol} className="tool tool--text" />
  ));
}
