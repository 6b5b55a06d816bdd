/**
 * What the charts of a grid tell each other: where the cursor is and what stretch of time is shown.
 * Times are instants, since two charts may stand in different zones.
 */

export type PaneMessage =
  /** Milliseconds since the epoch; null when the cursor has left. */
  | { kind: "cursor"; at: number | null }
  | { kind: "range"; from: number; to: number }
  /** Follow the newest bars again. */
  | { kind: "live" };

type Listener = (message: PaneMessage) => void;

export class PaneLink {
  readonly #listeners = new Set<Listener>();

  /** Hears what the others say; a pane never hears itself. Call the result to leave. */
  join(listener: Listener): { say: (message: PaneMessage) => void; leave: () => void } {
    this.#listeners.add(listener);
    return {
      say: (message) => {
        for (const other of this.#listeners) if (other !== listener) other(message);
      },
      leave: () => this.#listeners.delete(listener),
    };
  }
}
