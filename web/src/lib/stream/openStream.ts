/** The stream of this tab: shared with the others where the browser can, else its own. */
import { SharedStream } from "./sharedStream";
import type { Stream, StreamNews } from "./stream";
import { StreamClient } from "./streamClient";

export function openStream(onNews: (news: StreamNews) => void): Stream {
  // Locks are given to secure origins only: https, or this very machine.
  if (!("locks" in navigator) || !("BroadcastChannel" in globalThis)) {
    return new StreamClient({ onNews });
  }
  const stream = new SharedStream({
    onNews,
    open: (tell) => new StreamClient({ onNews: tell }),
    locks: navigator.locks,
    tab: crypto.randomUUID(),
    channel: new BroadcastChannel("figcast.stream"),
  });
  document.addEventListener("freeze", () => stream.resign());
  return stream;
}
