/**
 * Decides when the newest figure is drawn. Figures arrive when the market likes; drawing one costs
 * tens of milliseconds and, in the middle of a wheel zoom, throws the view back to the full range.
 * So there is one slot, the newest figure wins it, and it is drawn
 *   - at most once per `DRAW_INTERVAL_MS`, less often on a slow machine, in an animation frame,
 *   - never while the reader's hand is on the chart,
 *   - never in a hidden tab: one draw on return is enough.
 */
export const DRAW_INTERVAL_MS = 500;
/** A draw takes at most one part in this many of the machine's time. */
const DRAW_SHARE = 4;
/** Even on a slow machine what is drawn is no older than this. */
export const LONGEST_INTERVAL_MS = 1_500;
/** Weight of the newest measurement. */
const SMOOTHING = 0.3;
/** Plotly reports a finished gesture a moment before its last effects have settled. */
export const SETTLE_MS = 300;
/** A gesture whose end was never reported, as when the pointer is let go outside the window. */
export const LONGEST_HOLD_MS = 5_000;

/** Milliseconds that a draw takes and that lie between two. */
export interface Pace {
  draw: number | null;
  every: number;
}

export interface DrawGateOptions<T> {
  draw: (newest: T) => void;
  /** False in a hidden tab, or while the means to draw are still loading. */
  canDraw?: () => boolean;
  requestFrame?: (callback: () => void) => number;
  cancelFrame?: (handle: number) => void;
  now?: () => number;
}

export class DrawGate<T> {
  readonly #options: Required<DrawGateOptions<T>>;
  #slot: { newest: T } | null = null;
  #closedUntil = 0;
  #lastDraw = Number.NEGATIVE_INFINITY;
  #drawMs: number | null = null;
  #draws = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame: number | null = null;

  constructor(options: DrawGateOptions<T>) {
    this.#options = {
      canDraw: () => !document.hidden,
      requestFrame: (callback) => requestAnimationFrame(callback),
      cancelFrame: (handle) => cancelAnimationFrame(handle),
      now: () => performance.now(),
      ...options,
    };
  }

  offer(newest: T): void {
    this.#slot = { newest };
    this.#schedule();
  }

  /** How long a draw takes, smoothed; null before the second. */
  get drawMs(): number | null {
    return this.#drawMs;
  }

  /** Time between the end of a draw and the next. */
  get interval(): number {
    const rest = (this.#drawMs ?? 0) * DRAW_SHARE;
    return Math.min(Math.max(rest, DRAW_INTERVAL_MS), LONGEST_INTERVAL_MS);
  }

  /** Draws on the next frame: the reader asked for it. */
  hurry(newest: T): void {
    this.#closedUntil = 0;
    this.#lastDraw = Number.NEGATIVE_INFINITY;
    this.offer(newest);
  }

  /** A gesture is under way. */
  hold(): void {
    this.#closeFor(LONGEST_HOLD_MS);
  }

  /** A gesture has ended. */
  release(): void {
    this.#closeFor(SETTLE_MS);
  }

  /** Drawing has become possible again, as when the tab came back. */
  wake(): void {
    this.#schedule();
  }

  dispose(): void {
    this.#slot = null;
    this.#cancel();
  }

  #closeFor(milliseconds: number): void {
    this.#closedUntil = this.#options.now() + milliseconds;
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel();
    if (this.#slot === null || !this.#options.canDraw()) return;
    const opens = Math.max(this.#closedUntil, this.#lastDraw + this.interval);
    const wait = opens - this.#options.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#schedule(), Math.ceil(wait));
    else this.#frame = this.#options.requestFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = null;
    const slot = this.#slot;
    if (slot === null || !this.#options.canDraw()) return;
    this.#slot = null;
    const start = this.#options.now();
    this.#options.draw(slot.newest);
    // Counted from the end of the draw, so a slow machine rests between two.
    this.#lastDraw = this.#options.now();
    this.#measure(this.#lastDraw - start);
  }

  /** The first draw is longer than any other, as everything is new; it says nothing of the next. */
  #measure(took: number): void {
    if (this.#draws > 0) {
      this.#drawMs =
        this.#drawMs === null ? took : this.#drawMs + SMOOTHING * (took - this.#drawMs);
    }
    this.#draws += 1;
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    if (this.#frame !== null) this.#options.cancelFrame(this.#frame);
    this.#frame = null;
  }
}
