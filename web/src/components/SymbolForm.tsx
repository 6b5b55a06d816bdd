/** The symbol box. What the server would refuse is explained here, before it is asked. */
import { type FormEvent, useRef, useState } from "react";
import { parseSymbol } from "../lib/symbol";
import { Search } from "./Icons";

export function SymbolForm({ go }: { go: (symbol: string) => void }) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseSymbol(typed);
    if (!parsed.ok) {
      setProblem(parsed.message);
      input.current?.focus();
      return;
    }
    setProblem(null);
    setTyped("");
    input.current?.blur();
    go(parsed.symbol);
  };

  return (
    <form className="symbol-form" onSubmit={submit} noValidate>
      <Search />
      <input
        ref={input}
        id="symbol"
        name="symbol"
        aria-label="Symbol"
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : "symbol-problem"}
        placeholder="Symbol, e.g. NVDA"
        autoCapitalize="characters"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="go"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setProblem(null);
        }}
      />
      <button type="submit">Go</button>
      {problem !== null && (
        <p id="symbol-problem" className="symbol-form__problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
