/**
 * The requests after a refusal, whose reason an EventSource hides: the page asks about each view, and tries the
 * stream again where time may mend the cause, later each time.
 */

import { pauseAfter } from "../wire/retry";
import type { Server } from "../wire/server";
import { type FinalRefusal, type Refusal, refusalOf } from "./closeReason";

export interface InquiryOptions {
  server: Server;
  fetch: typeof fetch;
  /** Spreads the retries of many pages that lost the same server. */
  random: () => number;
  /** There is nothing to wait for: the reason is a sentence for the reader. */
  onFinal: (key: string, refusal: FinalRefusal) => void;
  onRetry: () => void;
}

export class Inquiry {
  readonly #options: InquiryOptions;
  #lookups = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refusals = 0;

  constructor(options: InquiryOptions) {
    this.#options = options;
  }

  /** The stream of these was refused: ends those that have a reason, and tries again for the others. */
  async ofStream(keys: readonly string[]): Promise<void> {
    const { signal } = this.#lookups;
    for (const key of keys) {
      const refusal = await this.#ask(key, signal);
      if (signal.aborted) return;
      // One is enough to try again for.
      if (refusal.reason === null) return this.#retryLater(refusal.least);
    }
  }

  /** One view of a stream that stands may have been refused. */
  async ofView(key: string): Promise<void> {
    await this.#ask(key, this.#lookups.signal);
  }

  /** Ends the requests that are under way. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#lookups.abort();
    this.#lookups = new AbortController();
  }

  /** The next refusal is the first one again. */
  forget(): void {
    this.#refusals = 0;
  }

  async #ask(key: string, signal: AbortSignal): Promise<Refusal> {
    const { server, fetch } = this.#options;
    const refusal = await refusalOf(key, server, fetch, signal);
    if (refusal.reason !== null && !signal.aborted) this.#options.onFinal(key, refusal);
    return refusal;
  }

  #retryLater(least: number): void {
    const wait = pauseAfter(this.#refusals, this.#options.random(), least);
    this.#refusals += 1;
    this.#timer = setTimeout(this.#options.onRetry, wait);
  }
}
