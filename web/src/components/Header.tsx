/** Brand, symbol box, quick symbols and the theme. */
import type { ThemeChoice } from "../lib/theme";
import { Brand } from "./Icons";
import { QuickSymbols } from "./QuickSymbols";
import { SymbolForm } from "./SymbolForm";
import { SymbolLink } from "./SymbolLink";
import { ThemeToggle } from "./ThemeToggle";

interface Props {
  symbol: string | null;
  go: (symbol: string) => void;
  themeChoice: ThemeChoice;
  chooseTheme: (choice: ThemeChoice) => void;
}

export function Header({ symbol, go, themeChoice, chooseTheme }: Props) {
  return (
    <header className="header">
      <SymbolLink symbol="AAPL" go={go} className="brand" label="figcast, home">
        <Brand />
        <span>figcast</span>
      </SymbolLink>
      <SymbolForm go={go} />
      <QuickSymbols current={symbol} go={go} />
      <ThemeToggle choice={themeChoice} choose={chooseTheme} />
    </header>
  );
}
