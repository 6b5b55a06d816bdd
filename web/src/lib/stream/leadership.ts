/** The work of the leading tab: it holds the one stream and passes its news on to the other tabs. */
import type { Stream, StreamNews } from "./stream";

export const PULSE_MS = 10_000;

export type TabMessage =
  | { kind: "want"; tab: string; keys: readonly string[] }
  | { kind: "retry"; key: string };
export type LeaderMessage =
  /** Leads, now and still. */
  { kind: "pulse" } | { kind: "news"; tab: string | null; news: readonly StreamNews[] };

export interface LeadershipOptions {
  /** Of the stream: the name of its lock. */
  name: string;
  onNews: (news: StreamNews) => void;
  /** Makes the stream of the tab that leads. */
  open: (onNews: (news: StreamNews) => void) => Stream;
  locks: LockManager;
  channel: BroadcastChannel;
  /** This tab's name among the others. */
  tab: string;
}

/** Held by a tab for as long as it lives. */
export function tabLock(tab: string): string {
  return `figcast.stream.${tab}`;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #stream: Stream;
  readonly #wants = new Map<string, readonly string[]>();
  /** For tabs that come later: the newest of each kind of news, view by view. */
  readonly #latest = new Map<string, Map<StreamNews["kind"], StreamNews>>();
  readonly #pulse: ReturnType<typeof setInterval>;
  /** Ends the waiting for the other tabs' ends. */
  readonly #over = new AbortController();
  #connection: StreamNews | null = null;

  constructor(options: LeadershipOptions, keys: readonly string[]) {
    this.#options = options;
    this.#stream = options.open((news) => this.#pass(news));
    this.#say({ kind: "pulse" });
    this.#pulse = setInterval(() => this.#say({ kind: "pulse" }), PULSE_MS);
    this.#want(options.tab, keys);
  }

  take(message: TabMessage): void {
    if (message.kind === "retry") this.#stream.retry(message.key);
    else this.#want(message.tab, message.keys);
  }

  dispose(): void {
    this.#over.abort();
    clearInterval(this.#pulse);
    this.#stream.dispose();
  }

  #want(tab: string, keys: readonly string[]): void {
    const had = this.#wants.get(tab);
    if (had === undefined) void this.#await(tab);
    this.#wants.set(tab, keys);
    const fresh = keys.filter((key) => had?.includes(key) !== true);
    if (had !== undefined && fresh.length === 0 && had.length === keys.length) return;
    this.#answer(tab, fresh);
    this.#update();
  }

  async #await(tab: string): Promise<void> {
    const { locks } = this.#options;
    if (tab === this.#options.tab) return;
    // Granted when the tab no longer holds it.
    await locks.request(tabLock(tab), { signal: this.#over.signal }, () => {}).catch(() => {});
    if (this.#over.signal.aborted) return;
    this.#wants.delete(tab);
    this.#update();
  }

  #update(): void {
    const union = [...new Set([...this.#wants.values()].flat())];
    for (const key of this.#latest.keys()) if (!union.includes(key)) this.#latest.delete(key);
    this.#stream.setViews(union);
  }

  #answer(tab: string, keys: readonly string[]): void {
    const known = keys.flatMap((key) => [...(this.#latest.get(key)?.values() ?? [])]);
    const news = this.#connection === null ? known : [this.#connection, ...known];
    if (news.length === 0) return;
    if (tab === this.#options.tab) news.forEach(this.#options.onNews);
    else this.#say({ kind: "news", tab, news });
  }

  #pass(news: StreamNews): void {
    if (news.kind === "connection") this.#connection = news;
    else {
      const known = this.#latest.get(news.key) ?? new Map();
      // What has ended is begun anew by anything that comes.
      if (news.kind !== "ended") known.delete("ended");
      this.#latest.set(news.key, known.set(news.kind, news));
    }
    const own = this.#wants.get(this.#options.tab);
    if (news.kind === "connection" || own?.includes(news.key)) this.#options.onNews(news);
    if (this.#wants.size > 1) this.#say({ kind: "news", tab: null, news: [news] });
  }

  #say(message: LeaderMessage): void {
    this.#options.channel.postMessage(message);
  }
}
