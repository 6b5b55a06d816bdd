/**
 * Notices when nothing has been heard of a view for too long. A connection that a proxy forgot, or
 * whose server hangs, looks open for ever: only the age of its data tells.
 */
export class SilenceWatch {
  readonly #limitMs: number;
  readonly #onSilence: (ofAll: boolean) => void;
  #heardAt = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limitMs: number, onSilence: (ofAll: boolean) => void) {
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
  }

  /** From now on these are to be heard of, and no others. */
  expect(keys: readonly string[]): void {
    this.#heardAt = new Map(keys.map((key) => [key, Date.now()]));
    this.#schedule();
  }

  heard(key: string): void {
    if (!this.#heardAt.has(key)) return;
    this.#heardAt.set(key, Date.now());
    this.#schedule();
  }

  /** No longer expected. */
  forget(key: string): void {
    this.#heardAt.delete(key);
    this.#schedule();
  }

  stop(): void {
    this.expect([]);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#heardAt.size === 0) return;
    const oldest = Math.min(...this.#heardAt.values());
    this.#timer = setTimeout(() => this.#ring(), oldest + this.#limitMs - Date.now());
  }

  #ring(): void {
    const newest = Math.max(...this.#heardAt.values());
    this.#onSilence(newest + this.#limitMs <= Date.now());
  }
}
