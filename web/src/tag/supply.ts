/** Where tags get their charts from: one stream per server, for all tags of a page. */

import { ColorStore } from "../lib/page/colorTables";
import { openStream } from "../lib/stream/openStream";
import { ViewStore } from "../lib/stream/viewStore";
import type { Server } from "../lib/wire/server";
import { type HeldTicket, NO_TICKET } from "../lib/wire/ticketRenewal";

export interface Supply {
  server: Server;
  store: ViewStore;
  /** What the server says of its colours. */
  colors: ColorStore;
  held: HeldTicket;
}

const supplies = new Map<string, Supply>();

/** `address` is the server's, with or without a slash at its end; a relative one begins at the page. */
export function supplyOf(address: string): Supply {
  const { origin, pathname } = new URL(address, location.href);
  const path = pathname.replace(/\/+$/, "");
  // Shared with the tabs that show the server's own page.
  const base = origin === location.origin ? path : `${origin}${path}`;
  const known = supplies.get(base);
  if (known !== undefined) return known;
  const server: Server = { base, ticket: null, onEnding: null, onTicket: null };
  const store = new ViewStore((onNews) => openStream(onNews, server));
  const colors = new ColorStore();
  const supply: Supply = { server, store, colors, held: { ...NO_TICKET } };
  supplies.set(base, supply);
  return supply;
}
