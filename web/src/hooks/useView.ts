/** The live view of one key: subscribes while mounted. */
import { useCallback, useSyncExternalStore } from "react";
import type { StreamView } from "../lib/stream/streamView";
import type { ViewStore } from "../lib/stream/viewStore";

export function useView(store: ViewStore, key: string): { view: StreamView; retry: () => void } {
  const subscribe = useCallback(
    (listener: () => void) => store.subscribe(key, listener),
    [store, key],
  );
  const view = useSyncExternalStore(subscribe, () => store.get(key));
  const retry = useCallback(() => store.retry(key), [store, key]);
  return { view, retry };
}
