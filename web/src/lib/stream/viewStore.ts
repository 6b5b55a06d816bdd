/**
 * The state of every view on the page, and its subscribers. The views with a subscriber are the views of the
 * stream.
 */

import type { Quote } from "../wire/figure";
import { parseKey, symbolOf } from "../wire/viewKey";
import type { Connection, Stream, StreamNews } from "./stream";
import { emptyView, nextView, type StreamEvent, type StreamView } from "./streamView";

export class ViewStore {
  readonly #stream: Stream;
  readonly #views = new Map<string, StreamView>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** The newest quote of each instrument: a chart of days hears of a price later than one of minutes. */
  readonly #quotes = new Map<string, Quote>();
  #connection: Connection = "connecting";
  #settling = false;

  constructor(open: (onNews: (news: StreamNews) => void) => Stream) {
    this.#stream = open((news) => this.#take(news));
  }

  subscribe(key: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    this.#settle();
    return () => {
      listeners.delete(listener);
      this.#settle();
    };
  }

  /** The same object until something changes. */
  get(key: string): StreamView {
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    const empty = emptyView(symbolOf(key));
    const connection = this.#connection === "live" ? "connecting" : this.#connection;
    const view: StreamView = { ...empty, connection };
    this.#views.set(key, view);
    return view;
  }

  retry(key: string): void {
    this.#apply(key, { kind: "connection", connection: "reconnecting" });
    this.#stream.retry(key);
  }

  /** Once for all that React mounts and unmounts in one go. */
  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    setTimeout(() => {
      this.#settling = false;
      for (const [key, listeners] of this.#listeners) {
        if (listeners.size > 0) continue;
        this.#listeners.delete(key);
        this.#views.delete(key);
      }
      const instruments = new Set([...this.#views.keys()].map(instrumentOf));
      for (const known of this.#quotes.keys()) {
        if (!instruments.has(known)) this.#quotes.delete(known);
      }
      this.#stream.setViews([...this.#listeners.keys()]);
    });
  }

  #take(news: StreamNews): void {
    if (news.kind === "connection") {
      this.#connection = news.connection;
      for (const [key, view] of this.#views) {
        // A view is live once it has been heard of; an ended one does not follow the connection.
        if (view.connection === "ended" || news.connection === "live") continue;
        this.#apply(key, { kind: "connection", connection: news.connection });
      }
      return;
    }
    const { key } = news;
    if (!this.#listeners.has(key)) return;
    if (news.kind === "ended") {
      this.#apply(key, news);
      return;
    }
    const busy = news.kind === "status" && news.status.state === "busy";
    if (!busy && this.get(key).connection !== "live") {
      this.#apply(key, { kind: "connection", connection: "live" });
    }
    this.#apply(key, news);
    const quote = news.kind === "figure" ? news.figure.layout.meta?.quote : undefined;
    if (quote !== undefined) this.#quoted(key, quote);
  }

  /** Has all views of an instrument show one last price and one change of the day. */
  #quoted(key: string, quote: Quote): void {
    const instrument = instrumentOf(key);
    const known = this.#quotes.get(instrument);
    const newest = known === undefined || asOf(quote) >= asOf(known) ? quote : known;
    this.#quotes.set(instrument, newest);
    for (const [other, { meta }] of [...this.#views]) {
      const isOlder = meta !== null && meta.quote !== newest && instrumentOf(other) === instrument;
      if (isOlder) this.#apply(other, { kind: "quote", quote: newest });
    }
  }

  #apply(key: string, event: StreamEvent): void {
    this.#views.set(key, nextView(this.get(key), event));
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }
}

/** Trading before and after the session has quotes of its own. */
function instrumentOf(key: string): string {
  const { symbol, session } = parseKey(key);
  return `${symbol} ${session ?? ""}`;
}

function asOf({ asOf }: Quote): number {
  return asOf === null ? Number.NEGATIVE_INFINITY : Date.parse(asOf);
}
