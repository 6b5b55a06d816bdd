/** When a question that failed is asked again: the one policy of all that the page asks. */

export const FIRST_RETRY_MS = 2_000;
export const LONGEST_RETRY_MS = 30_000;
/** The longest that a server may ask the page to wait. */
export const LONGEST_RETRY_AFTER_MS = 5 * 60_000;

/** Client errors that time alone can mend. */
const PASSING = new Set([408, 425, 429]);
/** Server errors that it cannot: not implemented, no such version of HTTP. */
const LASTING = new Set([501, 505]);

/** Whether the same question may be answered later. */
export function isPassing(status: number): boolean {
  return PASSING.has(status) || (status >= 500 && !LASTING.has(status));
}

/**
 * Milliseconds until the next try after so many failures before this one: longer each time, and spread,
 * for many pages have lost the same server. What the server asks for is the least of it.
 */
export function pauseAfter(failures: number, random: number, least = 0): number {
  const pause = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
  return Math.max(pause * (0.5 + random / 2), least * (1 + random / 10));
}

/** What an answer's `Retry-After` says, in milliseconds: seconds or a date. */
export function retryAfter({ headers }: Response, now: number): number {
  const text = headers.get("retry-after")?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Math.min(Math.max(Number.isNaN(wait) ? 0 : wait, 0), LONGEST_RETRY_AFTER_MS);
}
