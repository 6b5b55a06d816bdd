/** The server that is asked: the page's own, or of a tag in another site's page one that stands elsewhere. */
export interface Server {
  /** Before every path; empty where the page comes from the server itself. */
  base: string;
  /** What a reader is let in with. It may be renewed at any time, and goes with the next request. */
  token: string | null;
}

export const HERE: Server = { base: "", token: null };

/** The address of a request. An EventSource can set no header, so a token is part of it. */
export function addressOf({ base, token }: Server, path: string, query: URLSearchParams): string {
  if (token !== null) query.set("token", token);
  return `${base}${path}?${query}`;
}
