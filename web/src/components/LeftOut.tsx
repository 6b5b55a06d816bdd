/** Compared symbols that the server left out of the chart, each with the reason and a button to remove it. */
import { IconButton } from "./IconButton";
import { Close } from "./Icons";

interface LeftOutProps {
  symbols: readonly string[];
  /** The server's words, of all of them. */
  reason: string | null;
  letGo: (symbol: string) => void;
}

export function LeftOut({ symbols, reason, letGo }: LeftOutProps) {
  if (symbols.length === 0) return null;
  return (
    <ul className="left-out" role="status" aria-label="Left out of the comparison">
      {symbols.map((symbol) => (
        <li
          key={symbol}
          className="chip chip--warn"
          data-testid="left-out"
          title={reason ?? undefined}
        >
          <span>
            <b>{symbol}</b> is left out of the comparison{of(symbol)}
          </span>
          <IconButton label={`Remove ${symbol} from the comparison`} onClick={() => letGo(symbol)}>
            <Close />
          </IconButton>
        </li>
      ))}
    </ul>
  );

  /** The server says it of all in one sentence; of one alone the words fit. */
  function of(symbol: string): string {
    const why = reason?.replace(/^left out of the comparison: /, "") ?? "";
    return symbols.length === 1 && why.startsWith(symbol) ? `: ${why}` : "";
  }
}
