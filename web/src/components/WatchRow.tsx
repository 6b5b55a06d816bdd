/** One favourite: symbol, the day in a line, price and change. */
import { useFreshness } from "../hooks/useFreshness";
import { useView } from "../hooks/useView";
import { sparkValues } from "../lib/bars/spark";
import { pageStore } from "../lib/page/pageStore";
import { ARROWS, directionOf, formatPercent, formatPrice } from "../lib/text/format";
import { parseKey, viewKey } from "../lib/wire/viewKey";
import { Spark } from "./Spark";
import { SymbolLink } from "./SymbolLink";

export function WatchRow({ symbol, current }: { symbol: string; current: boolean }) {
  const { view } = useView(pageStore, viewKey(parseKey(`${symbol};chart=spark`)));
  const { fresh } = useFreshness(view);
  const meta = view.meta;
  const last = meta?.quote.last ?? null;
  const percent = meta?.quote.changePercent ?? null;
  const direction = directionOf(percent);
  return (
    <li
      className="watch"
      data-testid="watch"
      data-connection={view.connection}
      data-fresh={fresh || view.figure === null}
    >
      <SymbolLink symbol={symbol} className="watch__link" current={current}>
        <span className="watch__who">
          <strong>{symbol}</strong>
          <small>{meta?.instrument.name ?? (view.reason === null ? "" : "unavailable")}</small>
        </span>
        <Spark values={sparkValues(view.figure)} direction={direction} />
        <span className="watch__price">
          <span data-testid="watch-last">
            {last === null ? "–" : formatPrice(last, meta?.instrument.priceDecimals ?? null)}
          </span>
          <small className={`change--${direction}`}>
            {percent !== null && (
              <>
                <span aria-hidden="true">{ARROWS[direction]}</span> {formatPercent(percent)}
              </>
            )}
          </small>
        </span>
      </SymbolLink>
    </li>
  );
}
