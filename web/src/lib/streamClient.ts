/**
 * One live stream of any number of views: opens it, keeps it open, and tells why when it cannot be.
 *
 * An EventSource reconnects by itself after a network failure, but it gives up for good on any
 * status but 200 and never notices a connection that has gone quiet. This client adds those two
 * halves: it asks for the reason of a refusal, and it watches for silence. When other views are
 * wanted it opens another connection and closes the old one once the new one delivers.
 */
import { refusalOf } from "./closeReason";
import { EventLine, type EventSourceType, type LineListener } from "./eventLine";
import { SilenceWatch } from "./silenceWatch";
import type { Connection, Stream, StreamNews } from "./stream";

/** The server reports at least every 30 s; its heartbeat comments never reach a script. */
export const SILENCE_LIMIT_MS = 45_000;
export const FIRST_RETRY_MS = 2_000;
export const LONGEST_RETRY_MS = 30_000;
/** The server's limit. */
export const MAX_VIEWS = 32;

const TOO_MANY = `A browser shows at most ${MAX_VIEWS} charts and prices at once: close some of them.`;

export interface StreamClientOptions {
  onNews: (news: StreamNews) => void;
  EventSource?: EventSourceType;
  fetch?: typeof fetch;
  /** Spreads the retries of many pages that lost the same server. */
  random?: () => number;
}

export class StreamClient implements Stream {
  readonly #options: Required<StreamClientOptions>;
  readonly #silence = new SilenceWatch(SILENCE_LIMIT_MS, (ofAll) => this.#reopen(ofAll));
  /** Canonical keys; of the ended ones nothing is expected any more. */
  #wanted: readonly string[] = [];
  readonly #ended = new Set<string>();
  /** What the newest connection was opened for, and how many there were before it. */
  #asked: readonly string[] = [];
  #turn = 0;
  #line: EventLine | null = null;
  /** Still delivers until the newest connection does. */
  #former: EventLine | null = null;
  #connection: Connection | null = null;
  #lookups = new AbortController();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #refusals = 0;
  #lastEventId = "";

  constructor(options: StreamClientOptions) {
    this.#options = {
      EventSource: globalThis.EventSource,
      fetch: globalThis.fetch.bind(globalThis),
      random: Math.random,
      ...options,
    };
  }

  setViews(keys: readonly string[]): void {
    this.#wanted = keys.slice(0, MAX_VIEWS);
    for (const key of keys.slice(MAX_VIEWS))
      this.#options.onNews({ kind: "ended", key, reason: TOO_MANY });
    for (const key of this.#ended) if (!keys.includes(key)) this.#ended.delete(key);
    const open = this.#open;
    if (open.length === this.#asked.length && open.every((key) => this.#asked.includes(key)))
      return;
    this.#lastEventId = "";
    this.#refusals = 0;
    this.#connect();
  }

  retry(key: string): void {
    if (this.#ended.delete(key)) this.#connect();
  }

  dispose(): void {
    this.#wanted = [];
    this.#stop();
  }

  get #open(): readonly string[] {
    return this.#wanted.filter((key) => !this.#ended.has(key));
  }

  /** A connection that still brings some views may do so until the next one does. */
  #reopen(isDead: boolean): void {
    if (isDead) this.#hangUp();
    this.#connect();
  }

  #connect(): void {
    const former = this.#former ?? this.#line;
    if (this.#line !== former) this.#line?.close();
    this.#line = null;
    this.#former = former;
    this.#turn += 1;
    this.#forgetAttempts();
    this.#asked = this.#open;
    if (this.#asked.length === 0) {
      this.#stop();
      if (this.#wanted.length > 0) this.#become("ended");
      return;
    }
    if (former === null) this.#become(this.#connection === null ? "connecting" : "reconnecting");
    this.#silence.expect(this.#asked);
    const line = new EventLine(this.#url(), this.#listener(), this.#options.EventSource);
    this.#line = line;
  }

  #listener(): LineListener {
    // A line that was replaced has little to say, but its figures are as good as any.
    const turn = this.#turn;
    const isNewest = () => this.#turn === turn;
    return {
      onOpen: () => {
        if (isNewest()) this.#refusals = 0;
      },
      onFigure: (figure, id) => {
        const key = figure.layout.meta?.view;
        if (key === undefined) return;
        if (isNewest()) this.#delivers(key, id);
        this.#tell({ kind: "figure", key, figure });
      },
      onStatus: (status) => {
        const { view: key, state } = status;
        // A busy server says so and hangs up.
        if (isNewest() && state !== "busy") this.#delivers(key);
        this.#tell({ kind: "status", key, status });
        if (state === "not_found") this.#end(key, status.message ?? "There is no such symbol.");
        // Nothing stands behind it and nothing is going to be checked: perhaps it never will be.
        else if (isNewest() && state === "error" && status.next_check === null) {
          void this.#inquire([key]);
        }
      },
      onDrop: () => {
        if (!isNewest()) this.#hangUpFormer();
        if (this.#former === null) this.#become("reconnecting");
      },
      onRefusal: () => {
        if (!isNewest()) return this.#hangUpFormer();
        this.#line = null;
        if (this.#former === null) this.#become("reconnecting");
        void this.#inquire(this.#asked);
      },
    };
  }

  #url(): string {
    const query = new URLSearchParams(this.#asked.map((key) => ["view", key]));
    // Of several views a server takes no last event.
    if (this.#asked.length === 1 && this.#lastEventId !== "") {
      query.set("last_event_id", this.#lastEventId);
    }
    return `/stream?${query}`;
  }

  #delivers(key: string, id = ""): void {
    if (id !== "") this.#lastEventId = id;
    this.#hangUpFormer();
    this.#become("live");
    this.#silence.heard(key);
  }

  #tell(news: StreamNews): void {
    const wanted = news.kind === "connection" || this.#open.includes(news.key);
    if (wanted) this.#options.onNews(news);
  }

  /** Asks why each of the views is refused, until an answer says that time may mend it. */
  async #inquire(keys: readonly string[]): Promise<void> {
    const { signal } = this.#lookups;
    for (const key of keys) {
      const reason = await refusalOf(key, this.#options.fetch, signal);
      // Another connection, or dispose(), came in between.
      if (signal.aborted) return;
      if (reason === null) {
        if (this.#line === null) this.#retryLater();
        return;
      }
      this.#end(key, reason);
    }
  }

  #retryLater(): void {
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#refusals, LONGEST_RETRY_MS);
    this.#refusals += 1;
    const jittered = delay * (0.5 + this.#options.random() / 2);
    this.#retry = setTimeout(() => this.#connect(), jittered);
  }

  #end(key: string, reason: string): void {
    this.#tell({ kind: "ended", key, reason });
    this.#ended.add(key);
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

  #hangUpFormer(): void {
    this.#former?.close();
    this.#former = null;
  }

  #hangUp(): void {
    this.#hangUpFormer();
    this.#line?.close();
    this.#line = null;
  }

  #stop(): void {
    this.#hangUp();
    this.#silence.stop();
    this.#forgetAttempts();
    this.#asked = [];
    this.#turn += 1;
    this.#connection = null;
  }

  #forgetAttempts(): void {
    clearTimeout(this.#retry);
    this.#lookups.abort();
    this.#lookups = new AbortController();
  }
}
