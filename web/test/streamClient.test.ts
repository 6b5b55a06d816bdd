import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Connection,
  FIRST_RETRY_MS,
  LOOKUP_LIMIT_MS,
  SILENCE_LIMIT_MS,
  StreamClient,
} from "../src/lib/streamClient";
import type { Figure, StreamStatus } from "../src/lib/types";
import { aFigure, aStatus, FakeEventSource } from "./fakes";

function problem(status: number, detail?: string): Response {
  return new Response(JSON.stringify({ title: "Refused", status, detail }), { status });
}

function client(symbol = "AAPL", answer: () => Promise<Response> = async () => problem(404)) {
  const seen = {
    figures: [] as Figure[],
    statuses: [] as StreamStatus[],
    connections: [] as Connection[],
    reasons: [] as (string | null)[],
  };
  const fetch = vi.fn(answer);
  const stream = new StreamClient({
    symbol,
    theme: "dark",
    onFigure: (figure) => seen.figures.push(figure),
    onStatus: (status) => seen.statuses.push(status),
    onConnection: (connection, reason) => {
      seen.connections.push(connection);
      seen.reasons.push(reason);
    },
    EventSource: FakeEventSource as unknown as new (url: string) => EventSource,
    fetch: fetch as unknown as typeof globalThis.fetch,
    random: () => 1,
  });
  stream.open();
  return { stream, seen, fetch };
}

/** Lets the answers that are already there be read. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  FakeEventSource.opened = [];
});
afterEach(() => vi.useRealTimers());

describe("a stream", () => {
  it("asks for its symbol and theme", () => {
    client("^GSPC");
    expect(FakeEventSource.latest.url).toBe("/stream/%5EGSPC?theme=dark");
  });

  it("goes from connecting to live and hands on figures and statuses", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(aFigure());
    FakeEventSource.latest.sendStatus(aStatus({ state: "closed" }));
    expect(seen.connections).toEqual(["connecting", "live"]);
    expect(seen.figures).toHaveLength(1);
    expect(seen.statuses.map(({ state }) => state)).toEqual(["closed"]);
  });

  it("leaves a network failure to the browser and only says reconnecting", () => {
    const { seen, fetch } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(aFigure());
    FakeEventSource.latest.drop();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(aStatus());
    expect(seen.connections).toEqual(["connecting", "live", "reconnecting", "live"]);
    expect(FakeEventSource.opened).toHaveLength(1);
    expect(fetch).not.toHaveBeenCalled();
  });

  it("stays reconnecting while a proxy opens empty streams for a server that is away", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(aFigure());
    for (let retry = 0; retry < 3; retry += 1) {
      FakeEventSource.latest.drop();
      FakeEventSource.latest.accept();
    }
    expect(seen.connections).toEqual(["connecting", "live", "reconnecting"]);
  });

  it("does not call a stream live that only says the server is busy", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(aStatus({ state: "busy" }));
    FakeEventSource.latest.drop();
    expect(seen.connections).toEqual(["connecting", "reconnecting"]);
    expect(seen.statuses.map(({ state }) => state)).toEqual(["busy"]);
  });

  it("ends at once when told that the symbol does not exist", () => {
    const { seen, fetch } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(aStatus({ state: "not_found", message: "No such symbol." }));
    expect(seen.connections.at(-1)).toBe("ended");
    expect(seen.reasons.at(-1)).toBe("No such symbol.");
    expect(FakeEventSource.latest.readyState).toBe(2);
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("a refused stream", () => {
  it("asks for the reason once and ends with it", async () => {
    const { seen, fetch } = client("NOPE", async () => problem(404, "Nobody knows NOPE."));
    FakeEventSource.latest.refuse();
    await settle();
    expect(fetch).toHaveBeenCalledExactlyOnceWith("/figure/NOPE?theme=dark", expect.anything());
    expect(seen.connections).toEqual(["connecting", "reconnecting", "ended"]);
    expect(seen.reasons.at(-1)).toBe("Nobody knows NOPE.");
    await vi.advanceTimersByTimeAsync(10 * SILENCE_LIMIT_MS);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("falls back to the status when the refusal is not a problem document", async () => {
    const { seen } = client("NOPE", async () => new Response("<html>", { status: 403 }));
    FakeEventSource.latest.refuse();
    await settle();
    expect(seen.reasons.at(-1)).toBe("The server answered with status 403.");
  });

  it.each([200, 429, 502, 503])("tries again later when the reason is %i", async (status) => {
    const { seen } = client("AAPL", async () => problem(status));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS - 1);
    expect(FakeEventSource.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(seen.connections.at(-1)).toBe("reconnecting");
  });

  it("waits longer after each refusal and forgets them once let in", async () => {
    client("AAPL", async () => problem(503));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(2 * FIRST_RETRY_MS - 1);
    expect(FakeEventSource.opened).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeEventSource.opened).toHaveLength(3);
    FakeEventSource.latest.accept();
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
    expect(FakeEventSource.opened).toHaveLength(4);
  });

  it("takes being offline for a passing trouble", async () => {
    client("AAPL", () => Promise.reject(new TypeError("Failed to fetch")));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
    expect(FakeEventSource.opened).toHaveLength(2);
  });

  it("does not wait for ever for the reason", async () => {
    const { fetch } = client("AAPL", () => new Promise(() => {}));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(LOOKUP_LIMIT_MS);
    const [, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect(init.signal?.aborted).toBe(true);
  });

  it("can be opened again by hand after its end", async () => {
    const { stream, seen } = client();
    FakeEventSource.latest.refuse();
    await settle();
    stream.open();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(aStatus());
    expect(seen.connections.slice(-2)).toEqual(["reconnecting", "live"]);
  });
});

describe("the watch for silence", () => {
  it("reopens a silent stream and resumes after the last figure", () => {
    client();
    const first = FakeEventSource.latest;
    first.accept();
    first.sendFigure(aFigure(), "e1-42");
    vi.advanceTimersByTime(SILENCE_LIMIT_MS);
    expect(first.readyState).toBe(2);
    expect(FakeEventSource.latest.url).toBe("/stream/AAPL?theme=dark&last_event_id=e1-42");
  });

  it("counts a status as a sign of life", () => {
    client();
    FakeEventSource.latest.accept();
    vi.advanceTimersByTime(SILENCE_LIMIT_MS - 1);
    FakeEventSource.latest.sendStatus(aStatus());
    vi.advanceTimersByTime(SILENCE_LIMIT_MS - 1);
    expect(FakeEventSource.opened).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeEventSource.opened).toHaveLength(2);
  });

  it("does not take a broken figure for a sign of life", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    vi.advanceTimersByTime(SILENCE_LIMIT_MS - 1);
    const broken = { data: "{", lastEventId: "" } as MessageEvent<string>;
    expect(() => FakeEventSource.latest.onmessage?.(broken)).toThrow(SyntaxError);
    vi.advanceTimersByTime(1);
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(seen.figures).toHaveLength(0);
  });

  it("reopens a connection that never answers", () => {
    client();
    vi.advanceTimersByTime(SILENCE_LIMIT_MS);
    expect(FakeEventSource.opened).toHaveLength(2);
  });
});

describe("a disposed stream", () => {
  it("closes its connection and stays closed", () => {
    const { stream } = client();
    FakeEventSource.latest.accept();
    stream.dispose();
    expect(FakeEventSource.latest.readyState).toBe(2);
    vi.advanceTimersByTime(10 * SILENCE_LIMIT_MS);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("says nothing more, even if a reason was on its way", async () => {
    const { stream, seen } = client();
    FakeEventSource.latest.refuse();
    stream.dispose();
    await settle();
    expect(seen.connections).toEqual(["connecting", "reconnecting"]);
  });

  it("does not retry", async () => {
    const { stream } = client("AAPL", async () => problem(503));
    FakeEventSource.latest.refuse();
    await settle();
    stream.dispose();
    await vi.advanceTimersByTimeAsync(10 * SILENCE_LIMIT_MS);
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});
