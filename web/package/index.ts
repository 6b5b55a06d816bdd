/** A client of a figcast server's stream: one connection for all that is watched. */

import { openStream } from "../src/lib/stream/openStream";
import type { Connection } from "../src/lib/stream/stream";
import type { StreamView } from "../src/lib/stream/streamView";
import { ViewStore } from "../src/lib/stream/viewStore";
import type { Figure, Quote } from "../src/lib/wire/figure";
import type { Server } from "../src/lib/wire/server";
import { type GetToken, NO_TICKET, TicketRenewal } from "../src/lib/wire/ticketRenewal";
import { choiceOf, viewKey } from "../src/lib/wire/viewKey";
import type { FigureMeta, StreamStatus } from "../src/lib/wire/wire.gen";

export type { Connection, Figure, FigureMeta, Quote, StreamStatus, StreamView };

export interface ConnectOptions {
  /** The server's address. */
  server: string;
  /** Asked for a token, where the server wants one: before the first request, and before each ticket ends. */
  getToken?: GetToken;
}

/** What is watched; what is left out is the server's default. */
export interface WatchedView {
  symbol: string;
  interval?: string;
  range?: string;
  session?: string;
  chart?: string;
  studies?: readonly string[];
  compare?: readonly string[];
}

export interface Client {
  /** Tells a view's state now and whenever it changes, until the function that it answers is called. */
  watch(view: WatchedView, listener: (view: StreamView) => void): () => void;
}

export function connect({ server: address, getToken }: ConnectOptions): Client {
  const base = address.replace(/\/+$/, "");
  const server: Server = { base, ticket: null, onEnding: null, onTicket: null };
  const store = new ViewStore((onNews) => openStream(onNews, server));
  const renewal = new TicketRenewal(server, { ...NO_TICKET }, () => getToken ?? null);
  server.onEnding = () => void renewal.renew({ isDue: true });
  let entered: Promise<string | null> | null = null;
  // The next view that is watched tries again where there was no ticket.
  const enter = async () => {
    entered ??= renewal.renew({ isDue: false });
    const problem = await entered;
    if (problem !== null) entered = null;
    return problem;
  };

  const watch: Client["watch"] = (view, listener) => {
    const key = keyOf(view);
    let stop: (() => void) | null = null;
    let isOver = false;
    const tell = async () => {
      const told = store.get(key);
      listener(told);
      if (told.connection === "ended" && (await renewal.afterEnd()) && !isOver) store.retry(key);
    };
    enter().then((problem) => {
      if (isOver) return;
      if (problem !== null) {
        listener({ ...store.get(key), connection: "ended", reason: problem });
        return;
      }
      stop = store.subscribe(key, tell);
      tell();
    });
    return () => {
      isOver = true;
      stop?.();
    };
  };
  return { watch };
}

function keyOf({ symbol, studies, compare, ...options }: WatchedView): string {
  const lists = { studies: studies?.join(","), compare: compare?.join(",") };
  const given: Record<string, string | undefined> = { ...options, ...lists };
  return viewKey(choiceOf(symbol, (name) => given[name] ?? null));
}
