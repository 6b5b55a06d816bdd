/**
 * One live stream: opens it, keeps it open, and tells why when it cannot be.
 *
 * An EventSource reconnects by itself after a network failure, but it gives up for good on any
 * status but 200 and never notices a connection that has gone quiet. This client adds those two
 * halves: it asks for the reason of a refusal, and it watches for silence.
 */
import { closeReason } from "./closeReason";
import { encodeSymbol } from "./symbol";
import type { Figure, StreamStatus, ThemeName } from "./types";

/** The server reports at least every 30 s; its heartbeat comments never reach a script. */
export const SILENCE_LIMIT_MS = 45_000;
export const FIRST_RETRY_MS = 2_000;
export const LONGEST_RETRY_MS = 30_000;
export const LOOKUP_LIMIT_MS = 10_000;

export type Connection = "connecting" | "live" | "reconnecting" | "ended";

export interface StreamClientOptions {
  symbol: string;
  theme: ThemeName;
  onFigure: (figure: Figure) => void;
  onStatus: (status: StreamStatus) => void;
  /** `reason` comes with "ended" only: a sentence for the reader. */
  onConnection: (connection: Connection, reason: string | null) => void;
  EventSource?: new (url: string) => EventSource;
  fetch?: typeof fetch;
  /** Spreads the retries of many pages that lost the same server. */
  random?: () => number;
}

type Timer = ReturnType<typeof setTimeout>;

export class StreamClient {
  readonly #options: Required<StreamClientOptions>;
  #connection: Connection | null = null;
  #source: EventSource | null = null;
  #lookup: AbortController | null = null;
  #silence: Timer | undefined;
  #retry: Timer | undefined;
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

  open(): void {
    this.#stop();
    this.#become(this.#connection === null ? "connecting" : "reconnecting");
    const source = new this.#options.EventSource(this.#url("stream"));
    this.#source = source;
    // Not news yet: a proxy, too, opens a stream while the server is away, only to say "retry".
    source.onopen = () => {
      this.#refusals = 0;
      this.#watch();
    };
    source.onmessage = (event: MessageEvent<string>) => {
      // A broken figure throws here and so counts as silence, not as news.
      const figure = JSON.parse(event.data) as Figure;
      this.#lastEventId = event.lastEventId;
      this.#heard();
      this.#options.onFigure(figure);
    };
    source.addEventListener("status", (event: MessageEvent<string>) => {
      const status = JSON.parse(event.data) as StreamStatus;
      // A busy server says so and hangs up.
      if (status.state === "busy") this.#watch();
      else this.#heard();
      this.#options.onStatus(status);
      // The server ends the stream next, and the reconnect would only meet the 404.
      if (status.state === "not_found") this.#end(status.message ?? "There is no such symbol.");
    });
    source.onerror = () => {
      this.#become("reconnecting");
      if (source.readyState === source.CLOSED) void this.#refused();
    };
    this.#watch();
  }

  /** After this nothing is called back, whatever was under way. */
  dispose(): void {
    this.#stop();
  }

  #url(resource: "stream" | "figure"): string {
    const { symbol, theme } = this.#options;
    const query = new URLSearchParams({ theme });
    if (resource === "stream" && this.#lastEventId !== "") {
      query.set("last_event_id", this.#lastEventId);
    }
    return `/${resource}/${encodeSymbol(symbol)}?${query}`;
  }

  #heard(): void {
    this.#become("live");
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.open(), SILENCE_LIMIT_MS);
  }

  async #refused(): Promise<void> {
    this.#stop();
    const lookup = new AbortController();
    this.#lookup = lookup;
    const timeout = setTimeout(() => lookup.abort(), LOOKUP_LIMIT_MS);
    let reason: string | null = null;
    try {
      const { signal } = lookup;
      reason = await closeReason(await this.#options.fetch(this.#url("figure"), { signal }));
    } catch {
      // Offline, or no answer in time: a passing trouble, like any without a reason.
    }
    clearTimeout(timeout);
    // Another open() or dispose() came in between.
    if (this.#lookup !== lookup) return;
    if (reason === null) this.#retryLater();
    else this.#end(reason);
  }

  #retryLater(): void {
    const delay = Math.min(FIRST_RETRY_MS * 2 ** this.#refusals, LONGEST_RETRY_MS);
    this.#refusals += 1;
    this.#retry = setTimeout(() => this.open(), delay * (0.5 + this.#options.random() / 2));
  }

  #end(reason: string): void {
    this.#stop();
    this.#become("ended", reason);
  }

  #become(connection: Connection, reason: string | null = null): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    this.#options.onConnection(connection, reason);
  }

  #stop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#lookup?.abort();
    this.#lookup = null;
    this.#source?.close();
    this.#source = null;
  }
}
