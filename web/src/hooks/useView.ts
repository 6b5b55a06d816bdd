/** The live view of one key: subscribes while mounted. */
import { useCallback, useSyncExternalStore } from "react";
import { openStream } from "../lib/stream/openStream";
import type { StreamView } from "../lib/stream/streamView";
import { ViewStore } from "../lib/stream/viewStore";

/** One per page: charts and prices share the stream. */
const store = new ViewStore(openStream);

export function useView(key: string): { view: StreamView; retry: () => void } {
  const subscribe = useCallback((listener: () => void) => store.subscribe(key, listener), [key]);
  const view = useSyncExternalStore(subscribe, () => store.get(key));
  const retry = useCallback(() => store.retry(key), [key]);
  return { view, retry };
}
