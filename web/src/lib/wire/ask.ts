/**
 * A plain question to the server. It is asked again until it is answered, where time may mend what is
 * in the way: a network that fails, a server that is away, busy or restarting, a proxy without one.
 */

import { isPassing, pauseAfter, retryAfter } from "./retry";

/** An answer that takes longer will not come. */
export const ANSWER_LIMIT_MS = 10_000;

export interface AskOptions {
  /** Ends the asking. */
  signal?: AbortSignal;
  /** How often it is asked at most; without end where nothing is said. */
  tries?: number;
  /** Told each time why there is no answer yet, in a sentence for the reader. */
  onTrouble?: (sentence: string) => void;
  fetch?: typeof fetch;
  /** Spreads the retries of many pages that lost the same server. */
  random?: () => number;
}

/**
 * The answer's JSON. Rejects when aborted, and when the server refuses for good: with its sentence, and the status as
 * the cause.
 */
export async function ask<T>(url: string, options: AskOptions = {}): Promise<T> {
  const {
    fetch = globalThis.fetch,
    signal = NEVER,
    tries,
    onTrouble,
    random = Math.random,
  } = options;
  for (let failures = 0; ; failures += 1) {
    const outcome = await inTime(signal, (signal) => attempt<T>(url, fetch, signal));
    if (outcome.kind === "answered") return outcome.answer;
    if (failures + 1 === tries) throw new Error(outcome.reason);
    onTrouble?.(outcome.reason);
    await pause(pauseAfter(failures, random(), outcome.least), signal);
  }
}

const NEVER = new AbortController().signal;

type Outcome<T> =
  | { kind: "answered"; answer: T }
  | { kind: "failed"; reason: string; least: number };

async function attempt<T>(
  url: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
    if (response.ok) return { kind: "answered", answer: (await response.json()) as T };
  } catch {
    return { kind: "failed", reason: "The server cannot be reached.", least: 0 };
  }
  const reason = await reasonOf(response);
  if (!isPassing(response.status)) throw new Error(reason, { cause: response.status });
  return { kind: "failed", reason, least: retryAfter(response, Date.now()) };
}

/** Ends work that takes too long, or whose signal is aborted. */
export async function inTime<T>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const patience = new AbortController();
  const giveUp = () => patience.abort(signal.reason);
  const timer = setTimeout(giveUp, ANSWER_LIMIT_MS);
  signal.addEventListener("abort", giveUp);
  try {
    const outcome = await work(patience.signal);
    signal.throwIfAborted();
    return outcome;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

/** Why an answer is no answer, in a sentence for the reader. */
export async function reasonOf(response: Response): Promise<string> {
  const { detail, title } = await problemOf(response);
  return detail ?? title ?? `The server answered with status ${response.status}.`;
}

/** RFC 9457. */
interface Problem {
  title?: string;
  detail?: string;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    // A proxy's HTML page, say: the status alone has to do.
    return {};
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
