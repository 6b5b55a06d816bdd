/** The freshness of a view; a component draws again when it changes by time alone. */
import { useEffect, useState } from "react";
import { type Freshness, freshness, freshUntil } from "../lib/stream/freshness";
import type { StreamView } from "../lib/stream/streamView";

export function useFreshness(view: StreamView): Freshness {
  const [, ring] = useState(0);
  const until = freshUntil(view);
  useEffect(() => {
    if (until === null) return;
    const timer = setTimeout(() => ring((count) => count + 1), until - Date.now());
    return () => clearTimeout(timer);
  }, [until]);
  return freshness(view, Date.now());
}
