/** The quote of a symbol: name, last price, change, and the time of all three. */
import {
  ARROWS,
  directionOf,
  formatChange,
  formatDelay,
  formatInstant,
  formatPercent,
  formatPrice,
} from "../lib/text/format";
import type { FigureMeta } from "../lib/wire/wire.gen";

interface QuoteLineProps {
  symbol: string;
  meta: FigureMeta | null;
  /** Nothing more is coming: an absent price is absent, not on its way. */
  settled: boolean;
  /** The price may be taken for the present one. */
  fresh: boolean;
}

export function QuoteLine({ symbol, meta, settled, fresh }: QuoteLineProps) {
  const waiting = meta === null && !settled;
  return (
    <section className="quote" aria-label="Quote" aria-busy={waiting}>
      <div className="quote__who">
        <h1 data-testid="symbol">{symbol}</h1>
        <p data-testid="name">{meta?.instrument.name ?? (waiting ? <Blank wide /> : "")}</p>
      </div>
      <div className="quote__price" data-testid="price" data-fresh={fresh}>
        <p className="quote__last">
          <span data-testid="last">{waiting ? <Blank /> : lastPrice(meta)}</span>
          {meta?.quote.last != null && <small>{meta.instrument.currency}</small>}
        </p>
        <Change meta={meta} />
      </div>
      <p className="quote__facts">{waiting ? <Blank wide /> : <Facts meta={meta} />}</p>
    </section>
  );
}

function lastPrice(meta: FigureMeta | null): string {
  if (meta === null) return "";
  const { last } = meta.quote;
  return last === null ? "–" : formatPrice(last, meta.instrument.priceDecimals);
}

function Change({ meta }: { meta: FigureMeta | null }) {
  const change = meta?.quote.change ?? null;
  const percent = meta?.quote.changePercent ?? null;
  if (meta === null || change === null) return null;
  const direction = directionOf(change);
  return (
    <p className={`change change--${direction}`} data-testid="change" data-direction={direction}>
      <span aria-hidden="true">{ARROWS[direction]}</span>
      {formatChange(change, meta.instrument.priceDecimals)}
      {percent !== null && <span>({formatPercent(percent)})</span>}
    </p>
  );
}

function Facts({ meta }: { meta: FigureMeta | null }) {
  if (meta === null) return null;
  const { instrument, quote, delay, source } = meta;
  const facts: [string, string | null][] = [
    ["exchange", instrument.exchange],
    [
      "as-of",
      quote.asOf === null
        ? null
        : `as of ${formatInstant(quote.asOf, instrument.zone, new Date())}`,
    ],
    ["delay", formatDelay(delay)],
    ["source", `source: ${source}`],
  ];
  return facts.map(
    ([name, fact]) =>
      fact !== null && (
        <span key={name} data-testid={name}>
          {fact}
        </span>
      ),
  );
}

/** Holds the place of words on their way, so nothing moves when they come. */
function Blank({ wide = false }: { wide?: boolean }) {
  return <span className={wide ? "blank blank--wide" : "blank"} aria-hidden="true" />;
}
