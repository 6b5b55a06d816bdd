/** What the tabs of one browser share, driven by hand: Web Locks and a broadcast channel. */
import type { Stream, StreamNews } from "../src/lib/stream/stream";

export class FakeLocks {
  /** Who waits for a lock that is held. */
  readonly #queues = new Map<string, (() => void)[]>();
  /** Takes a lock from its holder. */
  readonly #failures = new Map<string, (error: Error) => void>();

  /** The lock manager of one tab; `crash` gives back all that the tab holds, as a browser does. */
  tab(): { locks: LockManager; crash: () => void } {
    const mine = new Set<() => void>();
    const request = (
      name: string,
      options: LockOptions | (() => unknown),
      callback?: () => unknown,
    ): Promise<unknown> => {
      const { steal = false, signal } = typeof options === "function" ? {} : options;
      const work = typeof options === "function" ? options : callback;
      return new Promise((resolve, reject) => {
        const grant = () => {
          let over = false;
          const release = () => {
            if (over) return;
            over = true;
            mine.delete(release);
            this.#next(name);
          };
          mine.add(release);
          const fail = (error: Error) => {
            over = true;
            mine.delete(release);
            reject(error);
          };
          this.#failures.set(name, fail);
          void Promise.resolve()
            .then(() => work?.())
            .then((value) => {
              release();
              resolve(value);
            });
        };
        const giveUp = () => {
          const queue = this.#queues.get(name) ?? [];
          if (queue.includes(grant)) queue.splice(queue.indexOf(grant), 1);
          reject(new Error("aborted"));
        };
        if (signal?.aborted) return giveUp();
        signal?.addEventListener("abort", giveUp);
        const queue = this.#queues.get(name);
        if (queue === undefined) this.#queues.set(name, []);
        if (queue !== undefined && steal) this.#failures.get(name)?.(new Error("stolen"));
        if (queue === undefined || steal) grant();
        else queue.push(grant);
      });
    };
    const locks = { request } as unknown as LockManager;
    return { locks, crash: () => [...mine].forEach((release) => void release()) };
  }

  /** How many requests wait for a lock. */
  waiting(name: string): number {
    return this.#queues.get(name)?.length ?? 0;
  }

  #next(name: string): void {
    const grant = this.#queues.get(name)?.shift();
    if (grant === undefined) this.#queues.delete(name);
    else grant();
  }
}

export class FakeChannel {
  static open = new Set<FakeChannel>();
  onmessage: ((event: MessageEvent) => void) | null = null;

  constructor() {
    FakeChannel.open.add(this);
  }

  postMessage(message: unknown): void {
    if (!FakeChannel.open.has(this)) return;
    const data = structuredClone(message);
    for (const other of FakeChannel.open) {
      if (other !== this) queueMicrotask(() => other.onmessage?.({ data } as MessageEvent));
    }
  }

  close(): void {
    this.onmessage = null;
    FakeChannel.open.delete(this);
  }
}

/** A stream that says what it is told to. */
export class FakeStream implements Stream {
  static opened: FakeStream[] = [];
  views: readonly string[] = [];
  retried: string[] = [];
  disposed = false;
  readonly tell: (news: StreamNews) => void;

  constructor(tell: (news: StreamNews) => void) {
    this.tell = tell;
    FakeStream.opened.push(this);
  }

  setViews(keys: readonly string[]): void {
    this.views = keys;
  }
  retry(key: string): void {
    this.retried.push(key);
  }
  dispose(): void {
    this.disposed = true;
  }
}
