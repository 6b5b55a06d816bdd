/** The live view of one symbol. Subscribes while mounted; a new symbol is a new stream. */
import { useCallback, useEffect, useRef, useState } from "react";
import { StreamClient } from "../lib/streamClient";
import { emptyView, nextView, type StreamEvent, type StreamView } from "../lib/streamView";

export function useStream(symbol: string): { view: StreamView; retry: () => void } {
  const [stored, setStored] = useState(() => emptyView(symbol));
  const client = useRef<StreamClient | null>(null);

  useEffect(() => {
    const take = (event: StreamEvent) =>
      setStored((view) => nextView(view.symbol === symbol ? view : emptyView(symbol), event));
    const stream = new StreamClient({
      symbol,
      // One for all: the page has colours of its own.
      theme: "dark",
      onFigure: (figure) => take({ kind: "figure", figure, at: Date.now() }),
      onStatus: (status) => take({ kind: "status", status, at: Date.now() }),
      onConnection: (connection, reason) => take({ kind: "connection", connection, reason }),
    });
    client.current = stream;
    stream.open();
    return () => stream.dispose();
  }, [symbol]);

  const retry = useCallback(() => client.current?.open(), []);
  // Between a change of symbol and its first event, the stored view is still the old symbol's.
  return { view: stored.symbol === symbol ? stored : emptyView(symbol), retry };
}
