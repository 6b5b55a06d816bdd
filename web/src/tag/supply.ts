/** Where tags get their charts from: one stream per server, for all tags of a page. */
import { openStream } from "../lib/stream/openStream";
import { ViewStore } from "../lib/stream/viewStore";
import { HERE, type Server } from "../lib/wire/server";

export interface Supply {
  server: Server;
  store: ViewStore;
}

const supplies = new Map<string, Supply>();

/** `address` is the server's, with or without a slash at its end; a relative one begins at the page. */
export function supplyOf(address: string): Supply {
  const { origin, pathname } = new URL(address, location.href);
  const path = pathname.replace(/\/+$/, "");
  // Shared with the tabs that show the server's own page.
  const base = origin === location.origin && path === "" ? HERE.base : `${origin}${path}`;
  const known = supplies.get(base);
  if (known !== undefined) return known;
  const server: Server = { base, token: null };
  const supply = { server, store: new ViewStore((onNews) => openStream(onNews, server)) };
  supplies.set(base, supply);
  return supply;
}
