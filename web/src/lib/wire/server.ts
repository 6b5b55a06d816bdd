/** The server that is asked: the page's own, or of a tag in another site's page one that stands elsewhere. */
export interface Server {
  /** Before every path; of the server that the page comes from nothing but the path that it is below, if there is one. */
  base: string;
  /** What a reader is let in with. It may be renewed at any time, and goes with the next request. */
  ticket: string | null;
  /** Asked for another ticket, when the server says that this one ends soon. */
  onEnding: (() => void) | null;
  /** Told that another ticket is there. */
  onTicket: (() => void) | null;
}

export const HERE: Server = { base: "", ticket: null, onEnding: null, onTicket: null };

/** The address of a request. An EventSource can set no header, so a ticket is part of it. */
export function addressOf({ base, ticket }: Server, path: string, query: URLSearchParams): string {
  if (ticket !== null) query.set("ticket", ticket);
  return `${base}${path}?${query}`;
}
