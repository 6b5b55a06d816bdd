import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventSourceType } from "../src/lib/stream/eventLine";
import type { Connection } from "../src/lib/stream/stream";
import { MAX_VIEWS, SILENCE_LIMIT_MS, StreamClient } from "../src/lib/stream/streamClient";
import { ANSWER_LIMIT_MS } from "../src/lib/wire/ask";
import type { Figure } from "../src/lib/wire/figure";
import { FIRST_RETRY_MS } from "../src/lib/wire/retry";
import type { Server } from "../src/lib/wire/server";
import { parseKey, viewKey } from "../src/lib/wire/viewKey";
import type { StreamStatus } from "../src/lib/wire/wire.gen";
import { aFigure, aStatus, FakeEventSource } from "./fakes";
import { aMeta } from "./traces";

const key = (view: string) => viewKey(parseKey(view));
const AAPL = key("AAPL");
const MSFT = key("MSFT");

const figureOf = (view: string) => aFigure(aMeta({ view }));
const statusOf = (view: string, changes: Partial<StreamStatus> = {}) =>
  aStatus({ view, ...changes });

function problem(status: number, detail?: string): Response {
  return new Response(JSON.stringify({ title: "Refused", status, detail }), { status });
}

function client(
  views: readonly string[] = [AAPL],
  answer: (url: string) => Promise<Response> = async () => problem(404),
) {
  const seen = {
    figures: [] as Figure[],
    /** Whose figures. */
    keys: [] as string[],
    statuses: [] as StreamStatus[],
    connections: [] as Connection[],
    ends: [] as [string, string][],
    abouts: [] as string[],
  };
  const fetch = vi.fn(answer);
  const stream = new StreamClient({
    onNews: (news) => {
      if (news.kind === "figure") {
        seen.figures.push(news.figure);
        seen.keys.push(news.key);
      } else if (news.kind === "status") seen.statuses.push(news.status);
      else if (news.kind === "ended") {
        seen.ends.push([news.key, news.reason]);
        seen.abouts.push(news.about);
      } else seen.connections.push(news.connection);
    },
    EventSource: FakeEventSource as unknown as EventSourceType,
    fetch: fetch as unknown as typeof globalThis.fetch,
    random: () => 1,
  });
  stream.setViews(views);
  return { stream, seen, fetch };
}

/** A server with paths of its own. */
const elsewhere = (): Server => ({
  base: "https://charts.example/live",
  ticket: null,
  onEnding: null,
  onTicket: null,
});

/** Lets the answers that are already there be read. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  FakeEventSource.opened = [];
});
afterEach(() => vi.useRealTimers());

describe("a stream", () => {
  it("asks for all its views at once", () => {
    client([key("^GSPC"), MSFT]);
    const { pathname, searchParams } = new URL(FakeEventSource.latest.url, "http://here");
    expect(pathname).toBe("/stream");
    expect(searchParams.getAll("view")).toEqual([key("^GSPC"), MSFT]);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("is asked of another server with the ticket that there is at the time", async () => {
    const server = elsewhere();
    const fetch = vi.fn(async () => problem(401));
    const stream = new StreamClient({
      onNews: () => {},
      server,
      EventSource: FakeEventSource as unknown as EventSourceType,
      fetch,
    });
    stream.setViews([AAPL]);
    expect(FakeEventSource.latest.url).toMatch(/^https:\/\/charts\.example\/live\/stream\?view=/);
    expect(FakeEventSource.latest.url).not.toContain("ticket");
    server.ticket = "a&b";
    FakeEventSource.latest.refuse();
    await settle();
    const asked = (fetch.mock.calls as unknown as [string][])[0]?.[0] ?? "";
    expect(asked).toMatch(/^https:\/\/charts\.example\/live\/figure\/AAPL\?/);
    expect(new URL(asked).searchParams.get("ticket")).toBe("a&b");
    stream.retry();
    expect(new URL(FakeEventSource.latest.url).searchParams.get("ticket")).toBe("a&b");
  });

  it("goes on with another ticket, by its id, and tells no figure twice", () => {
    const server = { ...elsewhere(), ticket: "1", onEnding: vi.fn() };
    const figures: string[] = [];
    const stream = new StreamClient({
      onNews: (news) => {
        if (news.kind === "figure") figures.push(news.figure.layout.meta?.view ?? "");
      },
      server,
      EventSource: FakeEventSource as unknown as EventSourceType,
      fetch: vi.fn(),
    });
    stream.setViews([AAPL]);
    const first = FakeEventSource.latest;
    first.accept();
    first.sendFigure(figureOf(AAPL), "a-1");
    first.sendToken("ending");
    expect(server.onEnding).toHaveBeenCalledOnce();
    server.ticket = "2";
    server.onTicket?.();
    const { searchParams } = new URL(FakeEventSource.latest.url);
    expect(searchParams.get("ticket")).toBe("2");
    expect(searchParams.get("last_event_id")).toBe("a-1");
    // Until the other delivers, the first one does.
    expect(first.readyState).toBe(1);
    first.sendFigure(figureOf(AAPL), "a-2");
    FakeEventSource.latest.sendFigure(figureOf(AAPL), "a-2");
    expect(first.readyState).toBe(2);
    FakeEventSource.latest.sendFigure(figureOf(AAPL), "a-3");
    expect(figures).toHaveLength(3);
    stream.dispose();
    expect(server.onTicket).toBe(null);
  });

  it("is not opened for no views, and closed when none are left", () => {
    const { stream } = client([]);
    expect(FakeEventSource.opened).toHaveLength(0);
    stream.setViews([AAPL]);
    stream.setViews([]);
    expect(FakeEventSource.latest.readyState).toBe(2);
  });

  it("tells of the views beyond what a stream may have", () => {
    const views = Array.from({ length: MAX_VIEWS + 1 }, (_, index) => key(`S${index}`));
    const { seen } = client(views);
    expect(seen.ends).toEqual([[views.at(-1), expect.stringContaining("at most 32")]]);
  });

  it("goes from connecting to live and hands on figures and statuses", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(figureOf(AAPL));
    FakeEventSource.latest.sendStatus(statusOf(AAPL, { state: "closed" }));
    expect(seen.connections).toEqual(["connecting", "live"]);
    expect(seen.figures).toHaveLength(1);
    expect(seen.statuses.map(({ state }) => state)).toEqual(["closed"]);
  });

  it("leaves a network failure to the browser and only says reconnecting", () => {
    const { seen, fetch } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(figureOf(AAPL));
    FakeEventSource.latest.drop();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(statusOf(AAPL));
    expect(seen.connections).toEqual(["connecting", "live", "reconnecting", "live"]);
    expect(FakeEventSource.opened).toHaveLength(1);
    expect(fetch).not.toHaveBeenCalled();
  });

  it("stays reconnecting while a proxy opens empty streams for a server that is away", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(figureOf(AAPL));
    for (let retry = 0; retry < 3; retry += 1) {
      FakeEventSource.latest.drop();
      FakeEventSource.latest.accept();
    }
    expect(seen.connections).toEqual(["connecting", "live", "reconnecting"]);
  });

  it("does not call a stream live that only says the server is busy", () => {
    const { seen } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(statusOf(AAPL, { state: "busy" }));
    FakeEventSource.latest.drop();
    expect(seen.connections).toEqual(["connecting", "reconnecting"]);
    expect(seen.statuses.map(({ state }) => state)).toEqual(["busy"]);
  });

  it("ends at once when told that the symbol does not exist", () => {
    const { seen, fetch } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(
      statusOf(AAPL, { state: "not_found", message: "No such symbol." }),
    );
    expect(seen.connections.at(-1)).toBe("ended");
    expect(seen.ends).toEqual([[AAPL, "No such symbol."]]);
    expect(FakeEventSource.latest.readyState).toBe(2);
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("the server's own name of a view", () => {
  const CANONICAL = `${AAPL};interval=15m;range=1mo`;

  it("stands for every key that it was asked for by", () => {
    const said = key("AAPL;interval=15m;range=1mo");
    const { stream, seen } = client([AAPL, MSFT]);
    const first = FakeEventSource.latest;
    first.accept();
    first.sendViews({ [AAPL]: CANONICAL });
    first.sendStatus(statusOf(CANONICAL, { state: "closed" }));
    first.sendFigure(figureOf(CANONICAL));
    first.sendFigure(figureOf(MSFT));
    expect(seen.keys).toEqual([AAPL, MSFT]);
    expect(seen.statuses.map(({ state }) => state)).toEqual(["closed"]);
    stream.setViews([AAPL, said]);
    FakeEventSource.latest.sendViews({ [AAPL]: said });
    FakeEventSource.latest.sendFigure(figureOf(said));
    expect(seen.keys).toEqual([AAPL, MSFT, AAPL, said]);
  });

  it("may be another one after a reconnect", () => {
    const { seen } = client();
    const source = FakeEventSource.latest;
    source.accept();
    source.sendViews({ [AAPL]: CANONICAL });
    source.drop();
    source.accept();
    source.sendViews({ [AAPL]: `${CANONICAL};x` });
    source.sendFigure(figureOf(CANONICAL));
    source.sendFigure(figureOf(`${CANONICAL};x`));
    expect(seen.figures.map(({ layout }) => layout.meta?.view)).toEqual([`${CANONICAL};x`]);
  });

  it("counts as a sign of life of the view", () => {
    client([AAPL, MSFT]);
    const source = FakeEventSource.latest;
    source.accept();
    source.sendViews({ [AAPL]: CANONICAL });
    for (let second = 0; second < 2 * SILENCE_LIMIT_MS; second += 1_000) {
      source.sendStatus(statusOf(CANONICAL));
      source.sendStatus(statusOf(MSFT));
      vi.advanceTimersByTime(1_000);
    }
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("is asked about by the page's when it is refused", async () => {
    const { seen, fetch } = client([AAPL, MSFT], async () => problem(400, "No such bars."));
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendViews({ [AAPL]: CANONICAL });
    FakeEventSource.latest.sendStatus(statusOf(CANONICAL, { state: "error" }));
    await settle();
    expect(fetch).toHaveBeenCalledOnce();
    expect(seen.ends).toEqual([[AAPL, "No such bars."]]);
  });
});

describe("a refused stream", () => {
  it("asks for the reason once and ends with it", async () => {
    const { seen, fetch } = client([AAPL], async () => problem(404, "Nobody knows NOPE."));
    FakeEventSource.latest.refuse();
    await settle();
    expect(fetch).toHaveBeenCalledExactlyOnceWith(
      "/figure/AAPL?session=regular&chart=mountain&theme=dark&palette=safe&scale=linear",
      expect.anything(),
    );
    expect(seen.connections).toEqual(["connecting", "reconnecting", "ended"]);
    expect(seen.ends).toEqual([[AAPL, "Nobody knows NOPE."]]);
    await vi.advanceTimersByTimeAsync(10 * SILENCE_LIMIT_MS);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it.each([
    [404, "symbol"],
    [400, "view"],
    [403, "access"],
    [401, "token"],
  ])("that is answered with %i is about the %s", async (status, about) => {
    const { seen } = client([AAPL], async () => problem(status));
    FakeEventSource.latest.refuse();
    await settle();
    expect(seen.abouts).toEqual([about]);
  });

  it("waits as long as the server asks it to", async () => {
    const headers = { "retry-after": "60" };
    client([AAPL], async () => new Response("", { status: 503, headers }));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(FakeEventSource.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(FakeEventSource.opened).toHaveLength(2);
  });

  it("falls back to the status when the refusal is not a problem document", async () => {
    const { seen } = client([AAPL], async () => new Response("<html>", { status: 403 }));
    FakeEventSource.latest.refuse();
    await settle();
    expect(seen.ends).toEqual([[AAPL, "The server answered with status 403."]]);
  });

  it.each([200, 429, 502, 503])("tries again later when the reason is %i", async (status) => {
    const { seen } = client([AAPL], async () => problem(status));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS - 1);
    expect(FakeEventSource.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(seen.connections.at(-1)).toBe("reconnecting");
  });

  it("waits longer after each refusal and forgets them once let in", async () => {
    client([AAPL], async () => problem(503));
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
    client([AAPL], () => Promise.reject(new TypeError("Failed to fetch")));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
    expect(FakeEventSource.opened).toHaveLength(2);
  });

  it("does not wait for ever for the reason", async () => {
    const { fetch } = client([AAPL], () => new Promise(() => {}));
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS);
    const [, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect(init.signal?.aborted).toBe(true);
  });

  it("brings all that have ended when one is tried again", async () => {
    const { stream, seen } = client([AAPL, MSFT], async () => problem(401));
    FakeEventSource.latest.refuse();
    await settle();
    expect(seen.ends.map(([key]) => key)).toEqual([AAPL, MSFT]);
    stream.retry();
    const { searchParams } = new URL(FakeEventSource.latest.url, "http://here");
    expect(searchParams.getAll("view")).toEqual([AAPL, MSFT]);
  });

  it("can be opened again by hand after its end", async () => {
    const { stream, seen } = client();
    FakeEventSource.latest.refuse();
    await settle();
    stream.retry();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(statusOf(AAPL));
    expect(seen.connections.at(-1)).toBe("live");
  });
});

describe("the watch for silence", () => {
  it("reopens a silent stream and resumes after the last figure", () => {
    client();
    const first = FakeEventSource.latest;
    first.accept();
    first.sendFigure(figureOf(AAPL), "e1-42");
    vi.advanceTimersByTime(SILENCE_LIMIT_MS);
    expect(first.readyState).toBe(2);
    expect(FakeEventSource.latest.url).toMatch(/^\/stream\?view=AAPL%3B.*&last_event_id=e1-42$/);
  });

  it("counts a status as a sign of life", () => {
    client();
    FakeEventSource.latest.accept();
    vi.advanceTimersByTime(SILENCE_LIMIT_MS - 1);
    FakeEventSource.latest.sendStatus(statusOf(AAPL));
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

describe("a change of views", () => {
  it("keeps the old connection until the new one delivers", () => {
    const { stream, seen } = client();
    const old = FakeEventSource.latest;
    old.accept();
    old.sendFigure(figureOf(AAPL));
    stream.setViews([AAPL, MSFT]);
    const next = FakeEventSource.latest;
    expect([old.readyState, next === old]).toEqual([1, false]);
    old.sendFigure(figureOf(AAPL));
    next.accept();
    expect(old.readyState).toBe(1);
    next.sendStatus(statusOf(AAPL));
    expect(old.readyState).toBe(2);
    next.sendFigure(figureOf(MSFT));
    expect(seen.figures.map(({ layout }) => layout.meta?.view)).toEqual([AAPL, AAPL, MSFT]);
    expect(seen.connections).toEqual(["connecting", "live"]);
  });

  it("says nothing more of what is not wanted any more", () => {
    const { stream, seen } = client();
    const old = FakeEventSource.latest;
    old.accept();
    old.sendFigure(figureOf(AAPL));
    stream.setViews([MSFT]);
    old.sendFigure(figureOf(AAPL));
    expect(seen.figures).toHaveLength(1);
  });

  it("has at most two connections, however often it comes", () => {
    const { stream } = client();
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendFigure(figureOf(AAPL));
    for (const symbol of ["B", "C", "D"]) stream.setViews([AAPL, key(symbol)]);
    const open = FakeEventSource.opened.filter(({ readyState }) => readyState !== 2);
    expect(open).toHaveLength(2);
  });

  it("that is none costs nothing", () => {
    const { stream } = client([AAPL, MSFT]);
    stream.setViews([MSFT, AAPL]);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("reconnects when the network takes both connections", () => {
    const { stream, seen } = client();
    const old = FakeEventSource.latest;
    old.accept();
    old.sendFigure(figureOf(AAPL));
    stream.setViews([AAPL, MSFT]);
    FakeEventSource.latest.drop();
    expect(seen.connections.at(-1)).toBe("live");
    old.drop();
    expect(old.readyState).toBe(2);
    expect(seen.connections.at(-1)).toBe("reconnecting");
  });
});

describe("one of several views", () => {
  it("ends alone when there is no such symbol, and the others go on", () => {
    const { seen } = client([AAPL, MSFT]);
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(statusOf(MSFT, { state: "not_found", message: "No MSFT." }));
    FakeEventSource.latest.sendFigure(figureOf(AAPL));
    expect(seen.ends).toEqual([[MSFT, "No MSFT."]]);
    expect(seen.connections.at(-1)).toBe("live");
    expect(FakeEventSource.latest.readyState).toBe(1);
  });

  it("that cannot be read is asked about, and ends with the answer", async () => {
    const { seen, fetch } = client([AAPL, MSFT], async () => problem(400, "No such range."));
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(statusOf(MSFT, { state: "error" }));
    await settle();
    expect(fetch).toHaveBeenCalledOnce();
    expect(seen.ends).toEqual([[MSFT, "No such range."]]);
    expect(FakeEventSource.latest.readyState).toBe(1);
  });

  it("that is refused ends with what would be right, and is not asked about", async () => {
    const { seen, fetch } = client([AAPL, MSFT]);
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(
      statusOf(MSFT, { state: "refused", message: "range can be 1d or 5d" }),
    );
    FakeEventSource.latest.sendFigure(figureOf(AAPL));
    await settle();
    expect(fetch).not.toHaveBeenCalled();
    expect(seen.ends).toEqual([[MSFT, "range can be 1d or 5d"]]);
    expect(seen.connections.at(-1)).toBe("live");
  });

  it.each([
    ["not_found", "symbol"],
    ["refused", "view"],
    ["forbidden", "access"],
  ] as const)("that is %s ends for its %s", (state, about) => {
    const { seen } = client([AAPL, MSFT]);
    FakeEventSource.latest.accept();
    FakeEventSource.latest.sendStatus(statusOf(MSFT, { state }));
    expect(seen.abouts).toEqual([about]);
  });

  it("in passing trouble is not asked about", async () => {
    const { fetch } = client([AAPL, MSFT]);
    FakeEventSource.latest.accept();
    const next_check = "2026-08-31T14:03:42Z";
    FakeEventSource.latest.sendStatus(statusOf(MSFT, { state: "error", next_check }));
    await settle();
    expect(fetch).not.toHaveBeenCalled();
  });

  it("that falls silent has the stream opened again, smoothly", () => {
    const { seen } = client([AAPL, MSFT]);
    const first = FakeEventSource.latest;
    first.accept();
    first.sendFigure(figureOf(MSFT));
    for (let second = 0; second < SILENCE_LIMIT_MS; second += 1_000) {
      first.sendFigure(figureOf(AAPL));
      vi.advanceTimersByTime(1_000);
    }
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(seen.connections.at(-1)).toBe("live");
  });

  it("is refused with all the others only when each has a reason of its own", async () => {
    const { seen } = client([AAPL, MSFT], async (url) =>
      url.startsWith("/figure/AAPL") ? problem(404, "No AAPL.") : problem(200),
    );
    FakeEventSource.latest.refuse();
    await vi.advanceTimersByTimeAsync(FIRST_RETRY_MS);
    expect(seen.ends).toEqual([[AAPL, "No AAPL."]]);
    const { searchParams } = new URL(FakeEventSource.latest.url, "http://here");
    expect(searchParams.getAll("view")).toEqual([MSFT]);
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
    const { stream } = client([AAPL], async () => problem(503));
    FakeEventSource.latest.refuse();
    await settle();
    stream.dispose();
    await vi.advanceTimersByTimeAsync(10 * SILENCE_LIMIT_MS);
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});
