/** Brand, the search for symbols, and what concerns the page as a whole. */
import { useEffect, useRef } from "react";
import { usePage } from "../hooks/usePage";
import { useShelf } from "../hooks/useShelf";
import { firstSymbol } from "../lib/page/popular";
import { changeShelf, withStar } from "../lib/page/shelf";
import type { ThemeChoice } from "../lib/page/theme";
import { CopyLink } from "./CopyLink";
import { IconButton } from "./IconButton";
import { Brand, List, Star } from "./Icons";
import { LayoutSwitch } from "./LayoutSwitch";
import { SymbolCombobox } from "./SymbolCombobox";
import { SymbolLink } from "./SymbolLink";
import { ThemeToggle } from "./ThemeToggle";

interface HeaderProps {
  theme: ThemeChoice;
  chooseTheme: (choice: ThemeChoice) => void;
  listed: boolean;
  setListed: (listed: boolean) => void;
}

export function Header({ theme, chooseTheme, listed, setListed }: HeaderProps) {
  const { chart, go } = usePage();
  const { favourites } = useShelf();
  const input = useRef<HTMLInputElement>(null);
  const starred = chart !== null && favourites.includes(chart.symbol);

  // As everywhere: a slash is for searching.
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const writes = event.target instanceof Element && event.target.closest("input, select");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || writes) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);

  return (
    <header className="header">
      <SymbolLink symbol={firstSymbol()} className="brand" label="figcast, home">
        <Brand />
        <span>figcast</span>
      </SymbolLink>
      <SymbolCombobox label="Symbol" placeholder="Name or ticker" onPick={go} input={input} />
      <IconButton
        label={`${chart?.symbol ?? "Symbol"} in the watchlist`}
        title={starred ? "Take from the watchlist" : "Put in the watchlist"}
        aria-pressed={starred}
        disabled={chart === null}
        onClick={() => chart && changeShelf((shelf) => withStar(shelf, chart.symbol))}
      >
        <Star filled={starred} />
      </IconButton>
      <div className="header__page">
        <LayoutSwitch />
        <CopyLink />
        <IconButton label="Watchlist" aria-pressed={listed} onClick={() => setListed(!listed)}>
          <List />
        </IconButton>
        <ThemeToggle choice={theme} choose={chooseTheme} />
      </div>
    </header>
  );
}
