/**
 * The newest connection of a stream and the one it replaces, which goes on delivering until the newest
 * does: a change of views is no gap. There are never more than the two.
 */
import type { EventLine } from "./eventLine";

export class Handover {
  #newest: EventLine | null = null;
  #former: EventLine | null = null;
  /** Of how many connections the newest is the last. */
  #turn = 0;

  get isOpen(): boolean {
    return this.#newest !== null || this.#former !== null;
  }

  /** Another one delivers in place of the newest. */
  get hasFormer(): boolean {
    return this.#former !== null;
  }

  /** `open` is told how to know whether its connection is still the newest. */
  replace(open: (isNewest: () => boolean) => EventLine): void {
    // One that has not delivered yet makes way; the former stays.
    if (this.#former === null) this.#former = this.#newest;
    else this.#newest?.close();
    this.#turn += 1;
    const turn = this.#turn;
    this.#newest = open(() => turn === this.#turn);
  }

  closeNewest(): void {
    this.#newest?.close();
    this.#newest = null;
  }

  closeFormer(): void {
    this.#former?.close();
    this.#former = null;
  }

  close(): void {
    this.closeFormer();
    this.closeNewest();
    this.#turn += 1;
  }
}
