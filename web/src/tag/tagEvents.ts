/** What a page and a tag tell each other, in types. */
import type { FreshnessState } from "../lib/stream/freshness";
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
