/**
 * One live stream of any number of views: opens it, keeps it open, and tells why when it cannot be.
 *
 * An EventSource reconnects by itself after a network failure, but it gives up for good on any
 * status but 200 and never notices a connection that has gone quiet. This client adds those two
 * halves: it asks for the reason of a refusal (`Inquiry`), and it watches for silence
 * (`SilenceWatch`). When other views are wanted it opens another connection and closes the old one
 * once the new one delivers (`Handover`).
 */
import { addressOf, HERE, type Server } from "../wire/server";
import type { FeedState } from "../wire/wire.gen";
import { EventLine, type EventSourceType, type LineListener } from "./eventLine";
import { Handover } from "./handover";
import { Inquiry } from "./inquiry";
import { SilenceWatch } from "./silenceWatch";
import type { Connection, Stream, StreamNews, Wrong } from "./stream";

/** The server reports at least every 30 s; its heartbeat comments never reach a script. */
export const SILENCE_LIMIT_MS = 45_000;
/** The server's limit. */
export const MAX_VIEWS = 32;

const TOO_MANY = `A browser shows at most ${MAX_VIEWS} charts and prices at once: close some of them.`;

/** The states that nothing comes after. */
const ENDINGS: Partial<Record<FeedState, Wrong>> = {
  not_found: "symbol",
  refused: "view",
  forbidden: "access",
};

export interface StreamClientOptions {
  onNews: (news: StreamNews) => void;
  server?: Server;
  EventSource?: EventSourceType;
  fetch?: typeof fetch;
  /** Spreads the retries of many pages that lost the same server. */
  random?: () => number;
}

export class StreamClient implements Stream {
  readonly #onNews: (news: StreamNews) => void;
  readonly #server: Server;
  readonly #EventSource: EventSourceType;
  readonly #silence = new SilenceWatch(SILENCE_LIMIT_MS, (ofAll) => this.#reopen(ofAll));
  readonly #inquiry: Inquiry;
  readonly #lines = new Handover();
  /** The page's keys; of the ended ones nothing is expected any more. */
  #wanted: readonly string[] = [];
  readonly #ended = new Set<string>();
  /** What the newest connection was opened for. */
  #asked: readonly string[] = [];
  #connection: Connection | null = null;
  #lastEventId = "";
  /** Of the newest figure of each view. */
  readonly #ids = new Map<string, string>();

  constructor({
    onNews,
    server = HERE,
    EventSource = globalThis.EventSource,
    fetch = globalThis.fetch.bind(globalThis),
    random = Math.random,
  }: StreamClientOptions) {
    this.#onNews = onNews;
    this.#server = server;
    server.onTicket = () => {
      if (this.#lines.isOpen) this.#connect();
    };
    this.#EventSource = EventSource;
    this.#inquiry = new Inquiry({
      server,
      fetch,
      random,
      onFinal: (key, { reason, about }) => this.#end(key, reason, about),
      onRetry: () => this.#connect(),
    });
  }

  setViews(keys: readonly string[]): void {
    this.#wanted = keys.slice(0, MAX_VIEWS);
    for (const key of keys.slice(MAX_VIEWS)) {
      this.#onNews({ kind: "ended", key, reason: TOO_MANY, about: "symbol" });
    }
    for (const key of this.#ids.keys()) if (!keys.includes(key)) this.#ids.delete(key);
    for (const key of this.#ended) if (!keys.includes(key)) this.#ended.delete(key);
    const open = this.#open;
    if (open.length === this.#asked.length && open.every((key) => this.#asked.includes(key)))
      return;
    this.#lastEventId = "";
    this.#inquiry.forget();
    this.#connect();
  }

  retry(): void {
    this.#ended.clear();
    this.#connect();
  }

  dispose(): void {
    this.#wanted = [];
    this.#server.onTicket = null;
    this.#stop();
  }

  get #open(): readonly string[] {
    return this.#wanted.filter((key) => !this.#ended.has(key));
  }

  /** A connection that still brings some views may do so until the next one does. */
  #reopen(isDead: boolean): void {
    if (isDead) this.#lines.close();
    this.#connect();
  }

  #connect(): void {
    this.#inquiry.drop();
    this.#asked = this.#open;
    if (this.#asked.length === 0) {
      this.#stop();
      if (this.#wanted.length > 0) this.#become("ended");
      return;
    }
    if (!this.#lines.isOpen) {
      this.#become(this.#connection === null ? "connecting" : "reconnecting");
    }
    this.#silence.expect(this.#asked);
    this.#lines.replace((isNewest) => {
      const listener = this.#listener(isNewest);
      return new EventLine(this.#url(), this.#asked, listener, this.#EventSource);
    });
  }

  /** A line that was replaced has little to say, but its figures are as good as any. */
  #listener(isNewest: () => boolean): LineListener {
    return {
      onOpen: () => {
        if (isNewest()) this.#inquiry.forget();
      },
      onFigure: (figure, key, id) => {
        // Of several views a connection that takes the place of another begins with what is there already.
        const isKnown = this.#connection === "live" && id !== "" && this.#ids.get(key) === id;
        if (isNewest()) this.#delivers(key, id);
        this.#ids.set(key, id);
        if (isKnown) return;
        this.#tell({ kind: "figure", key, figure, at: Date.now() });
      },
      onStatus: (status, key) => {
        const { state } = status;
        // A busy server says so and hangs up.
        if (isNewest() && state !== "busy") this.#delivers(key);
        this.#tell({ kind: "status", key, status, at: Date.now() });
        const wrong = ENDINGS[state];
        if (wrong !== undefined) this.#end(key, status.message ?? "There is no such chart.", wrong);
        // Nothing stands behind it and nothing is going to be checked: perhaps it never will be.
        else if (isNewest() && state === "error" && status.next_check === null) {
          void this.#inquiry.ofView(key);
        }
      },
      onEnding: () => {
        if (isNewest()) this.#server.onEnding?.();
      },
      onDrop: () => {
        if (!isNewest()) this.#lines.closeFormer();
        if (!this.#lines.hasFormer) this.#become("reconnecting");
      },
      onRefusal: () => {
        if (!isNewest()) return this.#lines.closeFormer();
        this.#lines.closeNewest();
        if (!this.#lines.hasFormer) {
          this.#become("reconnecting");
          // Nothing is to be heard before the next try, which the server may have put off.
          this.#silence.stop();
        }
        void this.#inquiry.ofStream(this.#asked);
      },
    };
  }

  #url(): string {
    const query = new URLSearchParams(this.#asked.map((key) => ["view", key]));
    // Of several views a server takes no last event.
    if (this.#asked.length === 1 && this.#lastEventId !== "") {
      query.set("last_event_id", this.#lastEventId);
    }
    return addressOf(this.#server, "/stream", query);
  }

  #delivers(key: string, id = ""): void {
    if (id !== "") this.#lastEventId = id;
    this.#lines.closeFormer();
    this.#become("live");
    this.#silence.heard(key);
  }

  #tell(news: StreamNews): void {
    const wanted = news.kind === "connection" || this.#open.includes(news.key);
    if (wanted) this.#onNews(news);
  }

  #end(key: string, reason: string, about: Wrong): void {
    this.#tell({ kind: "ended", key, reason, about });
    this.#ended.add(key);
    this.#ids.delete(key);
    this.#asked = this.#open;
    // The others go on as they are; without any, the connection has no purpose.
    if (this.#asked.length === 0) this.#connect();
    else this.#silence.forget(key);
  }

  #become(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#tell({ kind: "connection", connection });
  }

  #stop(): void {
    this.#lines.close();
    this.#silence.stop();
    this.#inquiry.drop();
    this.#asked = [];
    this.#connection = null;
  }
}
