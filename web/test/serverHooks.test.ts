// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { useSearch } from "../src/hooks/useSearch";
import { useSteadyView } from "../src/hooks/useSteadyView";
import { useView } from "../src/hooks/useView";
import { pageStore } from "../src/lib/page/pageStore";
import { emptyView, type StreamView } from "../src/lib/stream/streamView";
import { FIRST_RETRY_MS, LONGEST_RETRY_MS } from "../src/lib/wire/retry";
import type { Found } from "../src/lib/wire/search";
import { SEARCH_DELAY_MS } from "../src/lib/wire/search";
import type { Views } from "../src/lib/wire/views";
import { FakeStream } from "./fakeBrowser";
import { aFigure, aStatus } from "./fakes";
import { act, cleanup, pass, renderHook } from "./mounted";

vi.mock("../src/lib/stream/openStream", async () => {
  const { FakeStream } = await import("./fakeBrowser");
  return {
    openStream: (tell: ConstructorParameters<typeof FakeStream>[0]) => new FakeStream(tell),
  };
});

/** A server whose answers come when they are given. */
function aServer() {
  const asked: { url: string; answer: (body: unknown, status?: number) => Promise<void> }[] = [];
  const lost: (() => Promise<void>)[] = [];
  vi.stubGlobal("fetch", (url: string, { signal }: RequestInit = {}) => {
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      asked.push({
        url,
        answer: async (body, status = 200) => {
          resolve(Response.json(body, { status }));
          await pass();
        },
      });
      lost.push(async () => {
        reject(new TypeError("Failed to fetch"));
        await pass();
      });
    });
  });
  return {
    urls: () => asked.map(({ url }) => url),
    answer: (index: number, body: unknown, status?: number) => asked[index]?.answer(body, status),
    /** The request fails, as when the server is away. */
    lose: (index: number) => lost[index]?.(),
  };
}

describe("a search", () => {
  const found = (symbol: string): Found => ({ symbol, name: null, exchange: null, type: null });

  function typing(first = "") {
    const { result, rerender } = renderHook(({ typed }) => useSearch(typed), {
      initialProps: { typed: first },
    });
    return { state: () => result.current, type: (typed: string) => rerender({ typed }) };
  }

  it("asks once the typing has paused, for the last of it", async () => {
    const { urls } = aServer();
    const { type } = typing();
    for (const typed of ["a", "ap", " app "]) {
      type(typed);
      await pass(SEARCH_DELAY_MS - 1);
    }
    expect(urls()).toEqual([]);
    await pass(1);
    expect(urls()).toEqual(["/search?q=app"]);
  });

  it("tells what was found, and for which letters", async () => {
    const { answer } = aServer();
    const { state, type } = typing("app");
    await pass(SEARCH_DELAY_MS);
    await answer(0, { results: [found("AAPL")] });
    expect(state()).toEqual({ query: "app", results: [found("AAPL")], failure: null });
    type("appl");
    expect(state().query).toBe("app");
  });

  it("that fails says so in words, is tried again, and is forgotten when somebody types on", async () => {
    const { answer, lose, urls } = aServer();
    const { state, type } = typing("app");
    await pass(SEARCH_DELAY_MS);
    await lose(0);
    expect(state().failure).toBe("The server cannot be reached. Trying again.");
    await pass(FIRST_RETRY_MS);
    await answer(1, { results: [found("AAPL")] });
    expect(state()).toEqual({ query: "app", results: [found("AAPL")], failure: null });
    type("msf");
    await pass(SEARCH_DELAY_MS);
    await lose(2);
    expect(state().failure).not.toBeNull();
    type("msft");
    expect(state().failure).toBeNull();
    await pass(LONGEST_RETRY_MS);
    expect(urls().at(-1)).toBe("/search?q=msft");
  });

  it("is not overtaken by the answer to an older one", async () => {
    const { answer } = aServer();
    const { state, type } = typing("old");
    await pass(SEARCH_DELAY_MS);
    type("new");
    await pass(SEARCH_DELAY_MS);
    expect(state().failure, "nobody waits for it any more").toBeNull();
    await answer(1, { results: [found("NEW")] });
    await answer(0, { results: [found("OLD")] });
    expect(state()).toMatchObject({ query: "new", results: [found("NEW")], failure: null });
  });

  it("tells in the server's words why there is nothing", async () => {
    const { answer } = aServer();
    const { state } = typing("app");
    await pass(SEARCH_DELAY_MS);
    await answer(0, { detail: "This source cannot search." }, 501);
    expect(state()).toEqual({ query: "app", results: [], failure: "This source cannot search." });
  });

  it("of nothing finds nothing, and asks nobody", async () => {
    const { urls, answer } = aServer();
    const { state, type } = typing("app");
    await pass(SEARCH_DELAY_MS);
    await answer(0, { results: [found("AAPL")] });
    type("  ");
    await pass(SEARCH_DELAY_MS);
    expect(state()).toEqual({ query: "", results: [], failure: null });
    expect(urls()).toHaveLength(1);
  });
});

describe("what can be asked for", () => {
  const viewsOf = (symbol: string) => ({ symbol }) as Views;

  /** Of a page just loaded, where nothing is known yet. */
  async function offered(first: string | null) {
    vi.resetModules();
    const { useViews } = await import("../src/hooks/useViews");
    const { result, rerender, unmount } = renderHook(({ symbol }) => useViews(symbol), {
      initialProps: { symbol: first },
    });
    const of = (symbol: string | null) => {
      rerender({ symbol });
      return result.current;
    };
    return { now: () => result.current, of, unmount };
  }

  it("is asked for once a symbol", async () => {
    const { urls, answer } = aServer();
    const { now, of } = await offered("AAPL");
    expect(now()).toBeNull();
    await answer(0, viewsOf("AAPL"));
    expect(now()).toEqual(viewsOf("AAPL"));
    of("MSFT");
    await answer(1, viewsOf("MSFT"));
    expect(of("AAPL")).toEqual(viewsOf("AAPL"));
    expect(urls()).toEqual(["/views?symbol=AAPL", "/views?symbol=MSFT"]);
  });

  it("is never another symbol's", async () => {
    const { answer } = aServer();
    const { now, of } = await offered("AAPL");
    await answer(0, viewsOf("AAPL"));
    expect([of("MSFT"), of(null), of("AAPL")]).toEqual([null, null, viewsOf("AAPL")]);
    of("MSFT");
    await answer(1, { title: "Bad gateway" }, 502);
    expect(now()).toBeNull();
    await pass(FIRST_RETRY_MS);
    await answer(2, viewsOf("MSFT"));
    expect(now()).toEqual(viewsOf("MSFT"));
  });

  it("is asked for again while the server is away", async () => {
    const { urls, answer, lose } = aServer();
    const { now } = await offered("AAPL");
    await lose(0);
    await pass(FIRST_RETRY_MS);
    expect(urls()).toHaveLength(2);
    await lose(1);
    await pass(2 * FIRST_RETRY_MS);
    await answer(2, viewsOf("AAPL"));
    expect(now()).toEqual(viewsOf("AAPL"));
    await pass(60_000);
    expect(urls()).toHaveLength(3);
  });

  it("is not asked for again where the server refuses, or nobody wants to know", async () => {
    const { urls, answer, lose } = aServer();
    const { now, of, unmount } = await offered("NOPE");
    await answer(0, { detail: "There is no NOPE." }, 404);
    await pass(60_000);
    expect([now(), urls().length]).toEqual([null, 1]);
    of("AAPL");
    await lose(1);
    unmount();
    await pass(60_000);
    expect(urls()).toHaveLength(2);
  });
});

describe("a live view", () => {
  const [A, B] = ["AAPL;range=1d", "MSFT;range=1d"] as const;
  const [stream] = FakeStream.opened as [FakeStream];

  function view(first: string) {
    const { result, rerender, unmount } = renderHook(({ key }) => useView(pageStore, key), {
      initialProps: { key: first },
    });
    return {
      now: () => result.current.view,
      retry: () => act(() => result.current.retry()),
      of: (key: string) => rerender({ key }),
      unmount,
    };
  }
  const tell = (...news: Parameters<typeof stream.tell>[0][]) =>
    act(() => news.forEach(stream.tell));

  // The store notices a moment later that nobody is left.
  afterEach(async () => {
    cleanup();
    await pass();
  });

  it("is wanted while it is shown, and only then", async () => {
    const [one, two] = [view(A), view(A)];
    const other = view(B);
    await pass();
    expect(stream.views).toEqual([A, B]);
    one.unmount();
    other.of(A);
    await pass();
    expect(stream.views).toEqual([A]);
    two.unmount();
    other.unmount();
    await pass();
    expect(stream.views).toEqual([]);
  });

  it("is what the stream tells of its key, and of no other", async () => {
    const { now, of } = view(A);
    await pass();
    tell(
      { kind: "figure", key: A, figure: aFigure(), at: 42 },
      { kind: "status", key: B, status: aStatus(), at: 42 },
    );
    expect(now()).toMatchObject({ symbol: "AAPL", connection: "live", status: null });
    expect(now().figure).not.toBeNull();
    of(B);
    expect(now()).toMatchObject({ symbol: "MSFT", figure: null });
  });

  it("that has ended is tried again when the reader asks for it", async () => {
    const { now, retry } = view(A);
    await pass();
    tell({ kind: "ended", key: A, reason: "No such symbol.", about: "symbol" });
    expect(now()).toMatchObject({ connection: "ended", reason: "No such symbol." });
    retry();
    expect(stream.retried).toEqual([A]);
    expect(now().connection).toBe("reconnecting");
  });
});

describe("a change of range", () => {
  const drawn: StreamView = {
    ...emptyView("AAPL"),
    connection: "live",
    figure: aFigure(),
    updatedAt: 1,
    heardAt: 2,
  };
  const onItsWay = (symbol: string) => ({
    ...emptyView(symbol),
    connection: "connecting" as const,
  });

  function steady(first: StreamView) {
    const { result, rerender } = renderHook(({ view }) => useSteadyView(view), {
      initialProps: { view: first },
    });
    return (view: StreamView) => {
      rerender({ view });
      return result.current;
    };
  }

  it("keeps the chart at hand until the other one comes", () => {
    const next = steady(drawn);
    const { figure } = drawn;
    expect(next(onItsWay("AAPL"))).toMatchObject({ connection: "connecting", figure, heardAt: 2 });
    const arrived = { ...drawn, figure: aFigure(), heardAt: 9 };
    expect(next(arrived)).toBe(arrived);
    expect(next(onItsWay("AAPL")).figure).toBe(arrived.figure);
  });

  it("shows no chart of another symbol, and none where none will come", () => {
    const next = steady(drawn);
    expect(next(onItsWay("MSFT")).figure).toBeNull();
    expect(next({ ...onItsWay("AAPL"), connection: "ended" }).figure).toBeNull();
  });
});
