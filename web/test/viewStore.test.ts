import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ViewStore } from "../src/lib/stream/viewStore";
import { parseKey, viewKey } from "../src/lib/wire/viewKey";
import { FakeStream } from "./fakeBrowser";
import { aFigure, aStatus } from "./fakes";
import { aMeta } from "./traces";

const A = viewKey(parseKey("AAPL"));
const B = viewKey(parseKey("MSFT"));

function aStore() {
  let stream: FakeStream | null = null;
  const store = new ViewStore((tell) => {
    stream = new FakeStream(tell);
    return stream;
  });
  if (stream === null) throw new Error("a store opens its stream at once");
  return { store, stream: stream as FakeStream };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());
const settle = () => vi.runAllTimers();

describe("a store of views", () => {
  it("wants what is subscribed to, once, and says so once", () => {
    const { store, stream } = aStore();
    const wanted = vi.spyOn(stream, "setViews");
    const leave = store.subscribe(A, () => {});
    store.subscribe(A, () => {});
    store.subscribe(B, () => {});
    leave();
    settle();
    expect(wanted).toHaveBeenCalledExactlyOnceWith([A, B]);
  });

  it("forgets what nobody listens to", () => {
    const { store, stream } = aStore();
    const leave = store.subscribe(A, () => {});
    settle();
    stream.tell({ kind: "figure", key: A, figure: aFigure(), at: 42 });
    leave();
    settle();
    expect(stream.views).toEqual([]);
    expect(store.get(A).figure).toBe(null);
  });

  it("keeps a view through a change of subscribers", () => {
    const { store, stream } = aStore();
    const leave = store.subscribe(A, () => {});
    settle();
    stream.tell({ kind: "figure", key: A, figure: aFigure(), at: 42 });
    leave();
    store.subscribe(A, () => {});
    settle();
    expect(store.get(A)).toMatchObject({ symbol: "AAPL", connection: "live", updatedAt: 42 });
  });

  it("tells the listeners of a view, and gives the same object until it changes", () => {
    const { store, stream } = aStore();
    const [ofA, ofB] = [vi.fn(), vi.fn()];
    store.subscribe(A, ofA);
    store.subscribe(B, ofB);
    stream.tell({ kind: "status", key: A, status: aStatus(), at: 42 });
    expect(ofA).toHaveBeenCalled();
    expect(ofB).not.toHaveBeenCalled();
    expect(store.get(A)).toBe(store.get(A));
  });

  it("calls a view live when it has been heard of", () => {
    const { store, stream } = aStore();
    store.subscribe(A, () => {});
    store.subscribe(B, () => {});
    settle();
    stream.tell({ kind: "connection", connection: "live" });
    stream.tell({ kind: "status", key: A, status: aStatus(), at: 42 });
    expect([store.get(A).connection, store.get(B).connection]).toEqual(["live", "connecting"]);
    stream.tell({ kind: "connection", connection: "reconnecting" });
    expect([store.get(A).connection, store.get(B).connection]).toEqual([
      "reconnecting",
      "reconnecting",
    ]);
  });

  it("ends one view, and begins it again when anything comes of it", () => {
    const { store, stream } = aStore();
    store.subscribe(A, () => {});
    settle();
    stream.tell({ kind: "ended", key: A, reason: "No such range.", about: "symbol" });
    stream.tell({ kind: "connection", connection: "reconnecting" });
    expect(store.get(A)).toMatchObject({ connection: "ended", reason: "No such range." });
    store.retry(A);
    expect(stream.retried).toEqual([A]);
    stream.tell({ kind: "figure", key: A, figure: aFigure(), at: 42 });
    expect(store.get(A)).toMatchObject({ connection: "live", reason: null });
  });
});

describe("the quote of an instrument", () => {
  const quoted = (last: number, asOf: string) => {
    const meta = aMeta({ quote: { ...aMeta().quote, last, asOf } });
    const figure = aFigure();
    return { ...figure, layout: { ...figure.layout, meta } };
  };
  const DAYS = viewKey(parseKey("AAPL;interval=1d"));
  const AFTER = viewKey(parseKey("AAPL;session=extended"));

  it("is the newest that any of its views has, whichever came last", () => {
    const { store, stream } = aStore();
    for (const key of [A, DAYS, AFTER, B]) store.subscribe(key, () => {});
    settle();
    const tell = (key: string, last: number, asOf: string) =>
      stream.tell({ kind: "figure", key, figure: quoted(last, asOf), at: 1 });
    tell(A, 100, "2026-08-31T10:00:00-04:00");
    tell(AFTER, 90, "2026-08-31T10:09:00-04:00");
    tell(B, 7, "2026-08-31T10:09:00-04:00");
    tell(DAYS, 99, "2026-08-31T09:59:00-04:00");
    const lasts = () => [A, DAYS, AFTER, B].map((key) => store.get(key).meta?.quote.last);
    expect(lasts()).toEqual([100, 100, 90, 7]);
    tell(DAYS, 101, "2026-08-31T14:01:00Z");
    expect(lasts()).toEqual([101, 101, 90, 7]);
    expect(store.get(A).figure?.layout.meta?.quote.last).toBe(100);
  });
});
