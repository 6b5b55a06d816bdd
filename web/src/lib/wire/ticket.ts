/** Tickets: what a token allows, for the query of an address. A token itself would stand in the logs of proxies. */
import { inTime, reasonOf } from "./ask";

export interface Ticket {
  /** Nothing where the server lets everybody in. */
  ticket: string | null;
  /** By the server's clock, in milliseconds. */
  ends: number;
}

const NEVER = new AbortController().signal;
const NOT_FOUND = 404;

/** Rejects with a sentence for the reader. */
export function fetchTicket(
  base: string,
  token: string,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<Ticket> {
  return inTime(NEVER, async (signal) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${base}/ticket`, { method: "POST", headers, signal });
    if (response.status === NOT_FOUND) return { ticket: null, ends: Number.POSITIVE_INFINITY };
    if (!response.ok) throw new Error(await reasonOf(response));
    const { ticket, ends } = (await response.json()) as { ticket: string; ends: string };
    return { ticket, ends: Date.parse(ends) };
  });
}
