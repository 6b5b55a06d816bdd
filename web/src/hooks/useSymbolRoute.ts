/** The address is the state: which symbol it asks for, and how to go to another. */
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { chartPath, type ParsedSymbol, symbolFromPath } from "../lib/symbol";

const NAVIGATED = "figcast:navigated";

function subscribe(onChange: () => void): () => void {
  addEventListener("popstate", onChange);
  addEventListener(NAVIGATED, onChange);
  return () => {
    removeEventListener("popstate", onChange);
    removeEventListener(NAVIGATED, onChange);
  };
}

export function useSymbolRoute(): { route: ParsedSymbol; go: (symbol: string) => void } {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  const route = useMemo(() => symbolFromPath(path), [path]);

  // One address per chart: /chart/aapl becomes /chart/AAPL without a step in the history.
  useEffect(() => {
    if (route.ok && path !== "/" && path !== chartPath(route.symbol)) {
      history.replaceState(null, "", chartPath(route.symbol));
    }
  }, [path, route]);

  const go = useCallback((symbol: string) => {
    if (location.pathname === chartPath(symbol)) return;
    history.pushState(null, "", chartPath(symbol));
    dispatchEvent(new Event(NAVIGATED));
  }, []);

  return { route, go };
}
