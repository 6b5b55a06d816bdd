/** Tickets of a server, renewed with tokens that its page or program has: before a ticket ends, and after its stream did. */
import type { Server } from "./server";
import { fetchTicket } from "./ticket";

/** Asked for a token: before the first request, before its ticket ends, and when the server no longer takes that. */
export type GetToken = () => string | Promise<string>;

/** A server that takes no token is not asked about each one at once. */
export const RENEWAL_PAUSE_MS = 30_000;

/** The token that the ticket of a server was had with, and until when that ticket lasts. */
export interface HeldTicket {
  token: string | null;
  ends: number;
}

export const NO_TICKET: HeldTicket = { token: null, ends: Number.NEGATIVE_INFINITY };

export class TicketRenewal {
  readonly #server: Server;
  readonly #held: HeldTicket;
  readonly #tokens: () => GetToken | null;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #afterEnd: Promise<boolean> | null = null;

  /** `held` may be shared by all that ask the server. */
  constructor(server: Server, held: HeldTicket, tokens: () => GetToken | null) {
    this.#server = server;
    this.#held = held;
    this.#tokens = tokens;
  }

  /** Has another ticket: where it is due, and where the token is another one. Answers why there is none. */
  async renew({ isDue }: { isDue: boolean }): Promise<string | null> {
    this.#renewedAt = Date.now();
    const [server, held] = [this.#server, this.#held];
    try {
      const token = (await this.#tokens()?.()) ?? null;
      if (token === null || (token === held.token && !isDue)) return null;
      const { ticket, ends } = await fetchTicket(server.base, token);
      const isLater = ends > held.ends;
      Object.assign(held, { token, ends });
      server.ticket = ticket;
      // One that ends no later would be renewed at once, again and again.
      if (isLater) server.onTicket?.();
      return null;
    } catch (error) {
      return `There is no ticket for this chart: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** A chart's stream has ended. Answers whether there is another ticket, with which it might go on. */
  afterEnd(): Promise<boolean> {
    this.#afterEnd ??= this.#isRenewed().finally(() => {
      this.#afterEnd = null;
    });
    return this.#afterEnd;
  }

  async #isRenewed(): Promise<boolean> {
    if (this.#tokens() === null || Date.now() - this.#renewedAt < RENEWAL_PAUSE_MS) return false;
    return (await this.renew({ isDue: true })) === null;
  }
}
