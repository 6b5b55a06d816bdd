/**
 * The messages between the charts of a grid: the place of the cursor and the stretch of time shown.
 * Times are instants, since two charts may stand in different zones.
 */

export type PaneMessage =
  /** The bar under the cursor, from when until when; null when the cursor has left. */
  | { kind: "cursor"; bar: { from: number; until: number } | null }
  /** Frozen, or with the newest bar of the chart that says so at its end. */
  | { kind: "range"; from: number; to: number; frozen: boolean }
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
