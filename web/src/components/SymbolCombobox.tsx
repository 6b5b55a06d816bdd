/** A box to find a symbol in, by name or ticker, all by keyboard. */
import { useCombobox } from "downshift";
import { type RefObject, useMemo, useState } from "react";
import { useSearch } from "../hooks/useSearch";
import { useShelf } from "../hooks/useShelf";
import { type Candidate, candidates } from "../lib/page/candidates";
import { changeShelf, withRecent } from "../lib/page/shelf";
import { parseSymbol } from "../lib/wire/symbol";
import { Search } from "./Icons";

interface SymbolComboboxProps {
  label: string;
  placeholder: string;
  onPick: (symbol: string) => void;
  input?: RefObject<HTMLInputElement | null>;
}

export function SymbolCombobox({ label, placeholder, onPick, input }: SymbolComboboxProps) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const shelf = useShelf();
  const search = useSearch(typed);
  const items = useMemo(() => candidates(typed, search, shelf), [typed, search, shelf]);

  const box = useCombobox<Candidate>({
    items,
    inputValue: typed,
    itemToString: (item) => item?.symbol ?? "",
    selectedItem: null,
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem === null) return;
      setTyped("");
      changeShelf((shelf) => withRecent(shelf, selectedItem.symbol));
      onPick(selectedItem.symbol);
    },
    stateReducer: (_, { type, changes }) => {
      const { InputBlur, InputChange } = useCombobox.stateChangeTypes;
      // Enter takes the best that there is for what is typed, and leaving the box takes nothing.
      if (type === InputChange) return { ...changes, highlightedIndex: 0 };
      return type === InputBlur ? { ...changes, selectedItem: null } : changes;
    },
  });

  /** What the server would refuse is explained here, before it is asked. */
  const explain = (key: string) => {
    if (key !== "Enter" || items.length > 0) return;
    const parsed = parseSymbol(typed);
    setProblem(parsed.ok ? null : parsed.message);
  };

  const note = problem ?? (typed === "" ? null : search.failure);
  return (
    <div className="search">
      <Search />
      <input
        {...box.getInputProps({
          ...(input && { ref: input }),
          "aria-label": label,
          "aria-invalid": problem !== null,
          onKeyDown: ({ key }) => explain(key),
          // In the event itself: later, fast typing would lose letters.
          onChange: ({ currentTarget }) => {
            setTyped(currentTarget.value);
            setProblem(null);
          },
        })}
        className="search__input"
        placeholder={placeholder}
        autoCapitalize="characters"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="go"
      />
      <ul
        {...box.getMenuProps({ "aria-label": "Symbols" })}
        className="search__list"
        hidden={!box.isOpen || items.length === 0}
      >
        {box.isOpen &&
          items.map((item, index) => (
            <li
              key={item.symbol}
              {...box.getItemProps({ item, index })}
              className="search__item"
              data-highlighted={index === box.highlightedIndex}
            >
              <strong>{item.symbol}</strong>
              <span>{item.name}</span>
              <small>{item.hint}</small>
            </li>
          ))}
      </ul>
      {note !== null && (
        <p className="search__note" role="alert" data-testid="search-note">
          {note}
        </p>
      )}
    </div>
  );
}
