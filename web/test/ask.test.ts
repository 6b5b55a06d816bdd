import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ANSWER_LIMIT_MS, ask } from "../src/lib/wire/ask";
import {
  FIRST_RETRY_MS,
  isPassing,
  LONGEST_RETRY_AFTER_MS,
  LONGEST_RETRY_MS,
  pauseAfter,
  retryAfter,
} from "../src/lib/wire/retry";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Answer = () => Response | Promise<Response>;

/** A server with these answers, of which the last is given for ever. */
function asking(...answers: Answer[]) {
  const over = new AbortController();
  const asked: number[] = [];
  const troubles: string[] = [];
  const outcome: { answer?: unknown; error?: Error } = {};
  const fetch = async (_: unknown, { signal }: RequestInit = {}) => {
    asked.push(Date.now());
    const answer = answers[Math.min(asked.length, answers.length) - 1] as Answer;
    const cut = new Promise<never>((_, reject) =>
      signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError"))),
    );
    return Promise.race([answer(), cut]);
  };
  ask("/views?symbol=A", {
    signal: over.signal,
    fetch: fetch as typeof globalThis.fetch,
    random: () => 1,
    onTrouble: (sentence) => void troubles.push(sentence),
  }).then(
    (answer) => void Object.assign(outcome, { answer }),
    (error) => void Object.assign(outcome, { error }),
  );
  const started = Date.now();
  return {
    outcome,
    troubles,
    giveUp: () => over.abort(),
    /** When it was asked, since the beginning. */
    times: () => asked.map((at) => at - started),
  };
}

const good: Answer = () => Response.json({ views: 1 });
const status =
  (code: number, headers = {}): Answer =>
  () =>
    new Response("<html>", { status: code, headers });
const offline: Answer = () => Promise.reject(new TypeError("Failed to fetch"));

describe("a question", () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 520])(
    "answered with %i is asked again",
    async (code) => {
      const { outcome, times, troubles } = asking(status(code), good);
      await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
      expect(outcome).toEqual({ answer: { views: 1 } });
      expect(times()).toEqual([0, FIRST_RETRY_MS]);
      expect(troubles).toEqual([`The server answered with status ${code}.`]);
    },
  );

  it.each([400, 401, 403, 404, 410, 501, 505])("answered with %i is not", async (code) => {
    const { outcome, times } = asking(status(code), good);
    await vi.advanceTimersByTimeAsync(LONGEST_RETRY_MS);
    expect(outcome.error?.message).toContain(`${code}`);
    expect(times()).toHaveLength(1);
  });

  it("is asked again when the network fails, in words and not in the browser's", async () => {
    const { outcome, troubles } = asking(offline, offline, good);
    await vi.advanceTimersByTimeAsync(3 * FIRST_RETRY_MS);
    expect(outcome).toEqual({ answer: { views: 1 } });
    expect(troubles).toEqual(Array(2).fill("The server cannot be reached."));
  });

  it("is asked again when the answer is another server's page, or does not come", async () => {
    const never: Answer = () => new Promise(() => {});
    const { outcome, times } = asking(() => new Response("<html>"), never, good);
    await vi.advanceTimersByTimeAsync(3 * FIRST_RETRY_MS + ANSWER_LIMIT_MS);
    expect(outcome).toEqual({ answer: { views: 1 } });
    expect(times()).toEqual([0, FIRST_RETRY_MS, 3 * FIRST_RETRY_MS + ANSWER_LIMIT_MS]);
  });

  it("waits longer each time, and no longer than half a minute", async () => {
    const { times } = asking(offline);
    await vi.advanceTimersByTimeAsync(130_000);
    const gaps = times()
      .slice(1)
      .map((at, index) => at - (times()[index] ?? 0));
    expect(gaps).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("waits as long as the server asks it to", async () => {
    const { times } = asking(status(429, { "retry-after": "60" }), good);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(times()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times()).toHaveLength(2);
  });

  it("is asked no more often than it may be", async () => {
    const fetch = vi.fn(async () => new Response("", { status: 502 }));
    await expect(ask("/search", { fetch, tries: 1 })).rejects.toThrow("502");
    expect(fetch).toHaveBeenCalledOnce();
  });

  it("is over when nobody wants to know any more", async () => {
    const { outcome, times, giveUp } = asking(offline);
    await vi.advanceTimersByTimeAsync(1);
    giveUp();
    await vi.advanceTimersByTimeAsync(LONGEST_RETRY_MS);
    expect(outcome.error).toBeDefined();
    expect(times()).toHaveLength(1);
  });
});

describe("the pause before the next try", () => {
  it("is spread, and never less than what the server asks for", () => {
    expect([0, 1].map((random) => pauseAfter(0, random))).toEqual([1_000, 2_000]);
    expect([0, 1].map((random) => pauseAfter(0, random, 60_000))).toEqual([60_000, 66_000]);
  });

  it("is read from seconds and from a date, and bounded", () => {
    const now = Date.parse("2026-08-31T14:00:00Z");
    const said = (text: string | null) =>
      retryAfter(new Response("", { headers: text === null ? {} : { "retry-after": text } }), now);
    expect(said("5")).toBe(5_000);
    expect(said("Mon, 31 Aug 2026 14:00:07 GMT")).toBe(7_000);
    expect(said("Mon, 31 Aug 2026 13:00:00 GMT")).toBe(0);
    expect(said("99999999")).toBe(LONGEST_RETRY_AFTER_MS);
    for (const nothing of [null, "", "soon", "-3"]) expect(said(nothing)).toBe(0);
  });

  it("is worth waiting only where time may mend it", () => {
    expect([200, 304, 404, 501].some(isPassing)).toBe(false);
  });
});
