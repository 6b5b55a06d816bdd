/**
 * Why a stream was refused. An EventSource hides the answer's status and body, so the page asks the
 * same question once as a plain request.
 */
import { inTime, reasonOf } from "../wire/ask";
import { isPassing, retryAfter } from "../wire/retry";
import { addressOf, type Server } from "../wire/server";
import { encodeSymbol } from "../wire/symbol";
import { splitKey } from "../wire/viewKey";
import type { Wrong } from "./stream";

const WRONGS: Record<number, Wrong> = { 401: "token", 403: "access", 404: "symbol" };

/** For good, in a sentence for the reader. */
export interface FinalRefusal {
  reason: string;
  about: Wrong;
}

export type Refusal =
  | FinalRefusal
  /** Trying again may help, after so many milliseconds at least. */
  | { reason: null; least: number };

/** Why the stream of a view is refused. */
export async function refusalOf(
  key: string,
  server: Server,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<Refusal> {
  const { symbol, options } = splitKey(key);
  const url = addressOf(server, `/figure/${encodeSymbol(symbol)}`, new URLSearchParams(options));
  const look = async (signal: AbortSignal): Promise<Refusal> => {
    const response = await fetch(url, { signal });
    if (response.ok || isPassing(response.status)) {
      return { reason: null, least: retryAfter(response, Date.now()) };
    }
    return { reason: await reasonOf(response), about: WRONGS[response.status] ?? "view" };
  };
  try {
    return await inTime(signal, look);
  } catch {
    // Offline, or no answer in time: a passing trouble, like any without a reason.
    return { reason: null, least: 0 };
  }
}
