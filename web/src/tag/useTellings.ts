/** What a tag tells the page around it: events that bubble, each when something has changed. */
import { useEffect } from "react";
import type { PaneHandle } from "../hooks/usePane";
import type { StreamView } from "../lib/stream/streamView";
import type { TagEvents } from "./tagEvents";

export type Tell = <Name extends keyof TagEvents>(name: Name, detail: TagEvents[Name]) => void;

export function useTellings(view: StreamView, { fresh, state }: PaneHandle, tell: Tell): void {
  const { symbol, status, meta, reason } = view;
  const session = status?.session?.state ?? meta?.session?.state ?? null;
  const message = status?.message ?? reason;
  useEffect(
    () => tell("figcast:status", { symbol, state: fresh.state, session, message }),
    [tell, symbol, fresh.state, session, message],
  );

  const quote = meta?.quote;
  const currency = meta?.instrument.currency ?? null;
  useEffect(() => {
    if (quote !== undefined) {
      tell("figcast:quote", { ...quote, symbol, currency, fresh: fresh.fresh });
    }
  }, [tell, quote, symbol, currency, fresh.fresh]);

  const error = state.kind === "message" ? `${state.title}: ${state.detail}` : reason;
  useEffect(() => {
    if (error !== null) tell("figcast:error", { symbol, message: error });
  }, [tell, symbol, error]);
}
