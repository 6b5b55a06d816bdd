/**
 * One stream for all tabs of a browser. On HTTP/1.1 a browser opens six connections to a server, and
 * a stream holds one for as long as it lives: the seventh tab would wait for ever.
 *
 * The tab that holds a Web Lock leads. The lock goes to the next tab when the leader closes or
 * crashes, and is taken from one that has gone silent, as a hung page does. Every tab holds a lock of
 * its own, too, which tells the leader when it is gone.
 */
import {
  type LeaderMessage,
  Leadership,
  type LeadershipOptions,
  type TabMessage,
  tabLock,
} from "./leadership";
import type { Stream } from "./stream";

/** Browsers let the timers of a hidden page, its pulse among them, ring once a minute. */
export const LEADER_SILENCE_MS = 100_000;

export class SharedStream implements Stream {
  readonly #options: LeadershipOptions;
  readonly #over = new AbortController();
  #reign = new AbortController();
  /** Ends the request for the lead. */
  #waiting = new AbortController();
  #keys: readonly string[] = [];
  #led: Leadership | null = null;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const { channel, locks, tab } = options;
    channel.onmessage = ({ data }: MessageEvent<TabMessage | LeaderMessage>) => this.#take(data);
    // First of all: a leader that hears of this tab must be able to wait for its end.
    locks.request(tabLock(tab), () => aborted(this.#over.signal)).catch(() => {});
    this.#queue();
    this.#watch();
  }

  setViews(keys: readonly string[]): void {
    this.#keys = keys;
    this.#say({ kind: "want", tab: this.#options.tab, keys });
  }

  retry(key: string): void {
    this.#say({ kind: "retry", key });
  }

  /** Gives the lead away, as before the browser suspends the page; another tab takes over. */
  resign(): void {
    this.#led?.dispose();
    this.#led = null;
    this.#reign.abort();
  }

  dispose(): void {
    this.#keys = [];
    clearTimeout(this.#silence);
    this.resign();
    this.#waiting.abort();
    this.#over.abort();
    this.#options.channel.close();
  }

  /**
   * Waits for the lead, or takes it. A tab has one request for it and no more: one that was left in the
   * queue when the lead was taken would bring it back to this tab when the tab gives it away.
   */
  #queue({ steal = false } = {}): void {
    this.#waiting.abort();
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    const lead = () => {
      if (signal.aborted || this.#led !== null) return;
      clearTimeout(this.#silence);
      this.#reign = new AbortController();
      this.#led = new Leadership(this.#options, this.#keys);
      return aborted(this.#reign.signal);
    };
    const follow = () => {
      if (signal.aborted) return;
      // Another tab may have taken the lead, thinking this one dead.
      this.resign();
      this.#follow();
    };
    // A lock cannot be stolen with a signal to give up on.
    const options = steal ? { steal } : { signal };
    const { locks, name } = this.#options;
    // Held by the tab that leads.
    locks.request(name, options, lead).then(follow, follow);
  }

  #follow(): void {
    this.#queue();
    this.#watch();
    this.setViews(this.#keys);
  }

  #say(message: TabMessage): void {
    if (this.#over.signal.aborted) return;
    // A channel does not reach the tab that speaks.
    if (this.#led !== null) this.#led.take(message);
    else this.#options.channel.postMessage(message);
  }

  #take(message: TabMessage | LeaderMessage): void {
    if (message.kind === "want" || message.kind === "retry") {
      this.#led?.take(message);
      return;
    }
    if (this.#led !== null) return;
    this.#watch();
    if (message.kind === "pulse") {
      // Said again and again, so that no leader, however new, can miss it.
      this.setViews(this.#keys);
    } else if (message.tab === null || message.tab === this.#options.tab) {
      for (const news of message.news) {
        if (news.kind === "connection" || this.#keys.includes(news.key)) this.#options.onNews(news);
      }
    }
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#queue({ steal: true }), LEADER_SILENCE_MS);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
