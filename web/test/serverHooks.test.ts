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
import { COLORS } from "../src/lib/wire/wire.gen";
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
  /** In the dark a price rises in a colour by which an answer is known. */
  const viewsOf = (symbol: string | null, up = "#0000aa") => {
    const { dark, light } = COLORS;
    return {
      symbol,
      colors: { dark: { ...dark, roles: { ...dark.roles, up } }, light },
    } as unknown as Views;
  };

  /** Of a page just loaded, where nothing is known yet. */
  async function offered(first: string | null, firstOwn: string | null = null) {
    vi.resetModules();
    const { useViews } = await import("../src/hooks/useViews");
    const { PAGE_COLORS } = await import("../src/lib/page/colorTables");
    const { result, rerender, unmount } = renderHook(
      ({ symbol, own, isLetIn }) => useViews(symbol, own, isLetIn),
      { initialProps: { symbol: first, own: firstOwn, isLetIn: true } },
    );
    const of = (symbol: string | null, own = firstOwn, isLetIn = true) => {
      rerender({ symbol, own, isLetIn });
      return result.current.views;
    };
    return {
      now: () => result.current.views,
      refusal: () => result.current.refusal,
      up: () => PAGE_COLORS.table("dark").roles.up,
      of,
      unmount,
    };
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

  it("comes with the colours of the server, in one request", async () => {
    const { urls, answer } = aServer();
    const { up } = await offered("AAPL");
    await answer(0, viewsOf("AAPL", "#0000bb"));
    expect([up(), urls()]).toEqual(["#0000bb", ["/views?symbol=AAPL"]]);
  });

  it("has the reader's own colours, each asked for once a symbol", async () => {
    const { urls, answer } = aServer();
    const { of, up, refusal } = await offered("AAPL", "up:00695c");
    await answer(0, viewsOf("AAPL", "#00695c"));
    expect([up(), refusal()]).toEqual(["#00695c", undefined]);
    of("AAPL", "up:0000cc");
    await answer(1, viewsOf("AAPL", "#0000cc"));
    expect(up()).toBe("#0000cc");
    expect(of("AAPL", "up:00695c")).not.toBeNull();
    expect(up()).toBe("#00695c");
    expect(urls()).toEqual([
      "/views?symbol=AAPL&colors=up%3A00695c",
      "/views?symbol=AAPL&colors=up%3A0000cc",
    ]);
  });

  it("has the colours of a frame, too, which has no controls", async () => {
    const { urls, answer } = aServer();
    const { up, refusal, of } = await offered(null, "up:greenish");
    await answer(0, { detail: '"greenish" is no colour.' }, 400);
    expect(refusal()).toBe('"greenish" is no colour.');
    of(null, "up:00695c");
    expect(refusal(), "it was another's").toBeUndefined();
    await answer(1, viewsOf(null, "#00695c"));
    expect([up(), refusal()]).toEqual(["#00695c", undefined]);
    expect(urls()).toHaveLength(2);
  });

  it("is there though the colours of the address are refused, which is told of every symbol", async () => {
    const { urls, answer } = aServer();
    const { now, refusal, of } = await offered("AAPL", "up:greenish");
    await answer(0, { detail: '"greenish" is no colour.' }, 400);
    expect(urls()).toEqual([
      "/views?symbol=AAPL&colors=up%3Agreenish",
      "/views?symbol=AAPL",
      "/views?colors=up%3Agreenish",
    ]);
    await answer(1, viewsOf("AAPL"));
    await answer(2, { detail: '"greenish" is no colour.' }, 400);
    expect([now(), refusal()]).toEqual([viewsOf("AAPL"), '"greenish" is no colour.']);
    of("MSFT");
    expect(refusal()).toBe('"greenish" is no colour.');
  });

  it.each([400, 403])("of a symbol that is refused (%d) has the colours alone", async (status) => {
    const { answer } = aServer();
    const { now, refusal, up } = await offered("FOO:BAR", "up:00695c");
    await answer(0, { detail: "Not FOO:BAR." }, status);
    await answer(1, { detail: "Not FOO:BAR." }, status);
    await answer(2, viewsOf(null, "#00695c"));
    expect([now(), refusal(), up()]).toEqual([null, undefined, "#00695c"]);
  });

  it("is nothing where symbol and colours are refused, and the colours say why", async () => {
    const { answer } = aServer();
    const { now, refusal } = await offered("FOO:BAR", "up:greenish");
    await answer(0, { detail: '"greenish" is no colour.' }, 400);
    await answer(1, { detail: "Not FOO:BAR." }, 400);
    await answer(2, { detail: '"greenish" is no colour.' }, 400);
    expect([now(), refusal()]).toEqual([null, '"greenish" is no colour.']);
  });

  it("of one without a token is asked for once, and refuses no colours", async () => {
    const { urls, answer } = aServer();
    const { now, refusal } = await offered("AAPL", "up:00695c");
    await answer(0, { detail: "a token is needed" }, 401);
    await pass(60_000);
    expect([now(), refusal(), urls().length]).toEqual([null, undefined, 1]);
  });

  it("is asked for again when a reader is let in", async () => {
    const { urls, answer } = aServer();
    const { now, of } = await offered("AAPL");
    await answer(0, { detail: "a token is needed" }, 401);
    of("AAPL", null, false);
    await pass(60_000);
    expect(urls()).toHaveLength(1);
    of("AAPL");
    await answer(1, viewsOf("AAPL"));
    expect(now()).toEqual(viewsOf("AAPL"));
    of("AAPL", null, false);
    expect(of("AAPL")).toEqual(viewsOf("AAPL"));
    expect(urls()).toHaveLength(2);
  });

  it("is never another symbol's", async () => {
    const { urls, answer } = aServer();
    const { now, of } = await offered("AAPL");
    await answer(0, viewsOf("AAPL"));
    expect([of("MSFT"), of(null), of("AAPL")]).toEqual([null, null, viewsOf("AAPL")]);
    of("MSFT");
    // Those before it are of no interest any more.
    expect(urls().slice(1)).toEqual(["/views?symbol=MSFT", "/views?", "/views?symbol=MSFT"]);
    await answer(3, { title: "Bad gateway" }, 502);
    expect(now()).toBeNull();
    await pass(FIRST_RETRY_MS);
    await answer(4, viewsOf("MSFT"));
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
    await answer(0, { detail: "There is no NOPE." }, 400);
    await answer(1, viewsOf(null));
    await pass(60_000);
    expect([now(), urls()]).toEqual([null, ["/views?symbol=NOPE", "/views?"]]);
    of("AAPL");
    await lose(2);
    unmount();
    await pass(60_000);
    expect(urls()).toHaveLength(3);
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
