/** A client of a figcast server's stream: one connection for all that is watched. */

import { openStream } from "../src/lib/stream/openStream";
import type { Connection } from "../src/lib/stream/stream";
import type { StreamView } from "../src/lib/stream/streamView";
import { ViewStore } from "../src/lib/stream/viewStore";
import type { Figure, Quote } from "../src/lib/wire/figure";
import type { Server } from "../src/lib/wire/server";
import { fetchTicket } from "../src/lib/wire/ticket";
import { choiceOf, viewKey } from "../src/lib/wire/viewKey";
import type { FigureMeta, StreamStatus } from "../src/lib/wire/wire.gen";

export type { Connection, Figure, FigureMeta, Quote, StreamStatus, StreamView };

export interface ConnectOptions {
  /** The server's address. */
  server: string;
  /** Asked for a token, where the server wants one: before the first request, and before each ticket ends. */
  getToken?: () => string | Promise<string>;
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
  const enter = async () => {
    if (getToken === undefined) return;
    server.ticket = (await fetchTicket(base, await getToken())).ticket;
    server.onTicket?.();
  };
  server.onEnding = () => void enter();
  const entered = enter();

  const watch: Client["watch"] = (view, listener) => {
    const key = keyOf(view);
    let stop: (() => void) | null = null;
    let isOver = false;
    const tell = () => listener(store.get(key));
    const begin = () => {
      if (isOver) return;
      stop = store.subscribe(key, tell);
      tell();
    };
    const refuse = (error: Error) => {
      if (isOver) return;
      listener({ ...store.get(key), connection: "ended", reason: error.message });
    };
    entered.then(begin, refuse);
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
