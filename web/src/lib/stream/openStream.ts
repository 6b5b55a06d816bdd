/** The stream of this tab from a server: shared with the other tabs where the browser can, else its own. */
import { HERE, type Server } from "../wire/server";
import { SharedStream } from "./sharedStream";
import type { Stream, StreamNews } from "./stream";
import { StreamClient } from "./streamClient";

/** Of the lock and the channel that the tabs share. */
const STREAM = "figcast.stream";

export function openStream(onNews: (news: StreamNews) => void, server: Server = HERE): Stream {
  // Locks are given to secure origins only: https, or this very machine.
  if (!("locks" in navigator) || !("BroadcastChannel" in globalThis)) {
    return new StreamClient({ onNews, server });
  }
  const stream = new SharedStream({
    onNews,
    // The tabs of a site may show charts of several servers.
    name: `${STREAM}${server.base}`,
    open: (tell) => new StreamClient({ onNews: tell, server }),
    locks: navigator.locks,
    tab: crypto.randomUUID(),
    channel: new BroadcastChannel(`${STREAM}${server.base}`),
  });
  document.addEventListener("freeze", () => stream.resign());
  return stream;
}
