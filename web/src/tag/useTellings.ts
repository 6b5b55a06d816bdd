/** What a tag tells the page around it: events that bubble, each when something has changed. */
import { useEffect } from "react";
import type { PaneHandle } from "../hooks/usePane";
import type { FreshnessState } from "../lib/stream/freshness";
import type { StreamView } from "../lib/stream/streamView";
import type { Quote } from "../lib/wire/figure";
import type { SessionState } from "../lib/wire/wire.gen";

/** The events of a tag, and their details. */
export interface TagEvents {
  "figcast:status": {
    symbol: string;
    state: FreshnessState;
    /** Of the market; null where nobody knows. */
    session: SessionState | null;
    message: string | null;
  };
  "figcast:quote": Quote & { symbol: string; currency: string | null; fresh: boolean };
  "figcast:error": { symbol: string | null; message: string };
}

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
