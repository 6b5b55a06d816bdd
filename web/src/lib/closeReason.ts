/**
 * Why a stream was refused. An EventSource hides the answer's status and body, so the page asks the
 * same question once as a plain request.
 */
import { reasonOf } from "./ask";
import { encodeSymbol } from "./symbol";
import { splitKey } from "./viewKey";

export const LOOKUP_LIMIT_MS = 10_000;

/** Client errors that time alone can mend. */
const PASSING = new Set([408, 425, 429]);

/** Why the stream of a view is refused; null when trying again may help. */
export async function refusalOf(
  key: string,
  ask: typeof fetch,
  signal: AbortSignal,
): Promise<string | null> {
  const { symbol, options } = splitKey(key);
  const patience = new AbortController();
  const giveUp = () => patience.abort();
  const timeout = setTimeout(giveUp, LOOKUP_LIMIT_MS);
  signal.addEventListener("abort", giveUp);
  try {
    const url = `/figure/${encodeSymbol(symbol)}?${new URLSearchParams(options)}`;
    return await closeReason(await ask(url, { signal: patience.signal }));
  } catch {
    // Offline, or no answer in time: a passing trouble, like any without a reason.
    return null;
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener("abort", giveUp);
  }
}

/** A sentence for the reader when the refusal is final, or null when trying again may help. */
async function closeReason(response: Response): Promise<string | null> {
  const { status } = response;
  if (status < 400 || status >= 500 || PASSING.has(status)) return null;
  return reasonOf(response);
}
