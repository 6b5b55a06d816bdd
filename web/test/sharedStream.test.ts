import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tabLock } from "../src/lib/stream/leadership";
import { LEADER_SILENCE_MS, SharedStream } from "../src/lib/stream/sharedStream";
import type { StreamNews } from "../src/lib/stream/stream";
import { FakeChannel, FakeLocks, FakeStream } from "./fakeBrowser";
import { aFigure, aStatus } from "./fakes";

const [A, B, C] = ["A", "B", "C"] as const;
const figure = (key: string): StreamNews => ({ kind: "figure", key, figure: aFigure(), at: 42 });

let browser: FakeLocks;
const settle = () => vi.advanceTimersByTimeAsync(0);

/** The lock of the tab that leads. */
const LEAD = "figcast.stream";

function openTab(name: string) {
  const seen: StreamNews[] = [];
  const { locks, crash } = browser.tab();
  const channel = new FakeChannel();
  const led: FakeStream[] = [];
  const stream = new SharedStream({
    name: LEAD,
    onNews: (news) => seen.push(news),
    open: (tell) => {
      led.push(new FakeStream(tell));
      return led.at(-1) as FakeStream;
    },
    locks,
    channel: channel as unknown as BroadcastChannel,
    tab: name,
  });
  const keys = () => seen.map((news) => (news.kind === "connection" ? news.connection : news.key));
  return {
    stream,
    seen,
    keys,
    leads: () => led.some(({ disposed }) => !disposed),
    /** Gone without a word. */
    crash: () => {
      channel.close();
      crash();
    },
    /** There, but deaf and dumb. */
    hang: () => channel.close(),
  };
}

const live = () => FakeStream.opened.filter(({ disposed }) => !disposed);
const only = () => {
  const [stream, ...others] = live();
  expect(others).toHaveLength(0);
  if (stream === undefined) throw new Error("no tab has a stream");
  return stream;
};

beforeEach(() => {
  vi.useFakeTimers();
  browser = new FakeLocks();
  FakeStream.opened = [];
  FakeChannel.open.clear();
});
afterEach(() => vi.useRealTimers());

describe("tabs of one browser", () => {
  it("have one stream of everything that any of them shows", async () => {
    const [first, second] = [openTab("1"), openTab("2")];
    first.stream.setViews([A, B]);
    second.stream.setViews([B, C]);
    await settle();
    expect(only().views.toSorted()).toEqual([A, B, C]);
    only().tell({ kind: "connection", connection: "live" });
    for (const key of [A, B, C]) only().tell(figure(key));
    await settle();
    expect(first.keys()).toEqual(["live", A, B]);
    expect(second.keys()).toEqual(["live", B, C]);
  });

  it("that come later are given what is known at once", async () => {
    const first = openTab("1");
    first.stream.setViews([A]);
    await settle();
    only().tell({ kind: "connection", connection: "live" });
    only().tell(figure(A));
    only().tell({ kind: "status", key: A, status: aStatus(), at: 42 });
    const second = openTab("2");
    second.stream.setViews([A]);
    await settle();
    expect(second.seen.map(({ kind }) => kind)).toEqual(["connection", "figure", "status"]);
    expect(first.keys()).toEqual(["live", A, A]);
  });

  it("no longer have what none of them shows", async () => {
    const [first, second] = [openTab("1"), openTab("2")];
    first.stream.setViews([A]);
    second.stream.setViews([B]);
    await settle();
    second.stream.setViews([]);
    await settle();
    expect(only().views).toEqual([A]);
    second.stream.setViews([C]);
    await settle();
    second.crash();
    await settle();
    expect(only().views).toEqual([A]);
  });

  it("try again what ended, whoever asks", async () => {
    const [first, second] = [openTab("1"), openTab("2")];
    first.stream.setViews([A]);
    second.stream.setViews([B]);
    await settle();
    only().tell({ kind: "ended", key: B, reason: "Nobody knows B.", about: "symbol" });
    await settle();
    expect(second.seen).toEqual([
      { kind: "ended", key: B, reason: "Nobody knows B.", about: "symbol" },
    ]);
    second.stream.retry(B);
    await settle();
    expect(only().retried).toEqual([B]);
  });
});

describe("the lead", () => {
  it.each(["closes", "crashes", "resigns"] as const)("passes on when its tab %s", async (how) => {
    const [first, second] = [openTab("1"), openTab("2")];
    first.stream.setViews([A]);
    second.stream.setViews([B]);
    await settle();
    const former = only();
    if (how === "closes") first.stream.dispose();
    if (how === "crashes") {
      former.dispose();
      first.crash();
    }
    if (how === "resigns") first.stream.resign();
    await settle();
    expect(former.disposed).toBe(true);
    // Who only resigned goes on as a follower.
    expect(only().views.toSorted()).toEqual(how === "resigns" ? [A, B] : [B]);
    only().tell(figure(B));
    await settle();
    expect(second.keys()).toEqual([B]);
  });

  it("is taken from a tab that says nothing any more, and left to one that does", async () => {
    const [first, second] = [openTab("1"), openTab("2")];
    first.stream.setViews([A]);
    second.stream.setViews([B]);
    await vi.advanceTimersByTimeAsync(3 * LEADER_SILENCE_MS);
    expect(FakeStream.opened).toHaveLength(1);
    first.hang();
    await vi.advanceTimersByTimeAsync(LEADER_SILENCE_MS);
    expect(FakeStream.opened.map(({ disposed }) => disposed)).toEqual([true, false]);
    only().tell(figure(B));
    await settle();
    expect(second.keys()).toEqual([B]);
  });

  it("goes to another tab when the one that took it resigns", async () => {
    const first = openTab("1");
    const second = openTab("2");
    await settle();
    first.hang();
    await vi.advanceTimersByTimeAsync(LEADER_SILENCE_MS);
    expect(second.leads()).toBe(true);
    const third = openTab("3");
    third.stream.setViews([C]);
    await settle();
    second.stream.resign();
    await settle();
    // The first tab waits since its lead was taken, the third came after it.
    expect([first, second, third].map(({ leads }) => leads())).toEqual([true, false, false]);
    first.crash();
    await settle();
    expect([second, third].map(({ leads }) => leads())).toEqual([false, true]);
  });

  it("is asked for once by each tab, however often it was taken", async () => {
    const tabs = ["1", "2", "3"].map(openTab);
    await settle();
    for (let round = 0; round < 5; round += 1) {
      tabs.find(({ leads }) => leads())?.stream.resign();
      await settle();
      // No pulse reaches anybody, so that the lead is taken again and again.
      for (const channel of FakeChannel.open) channel.onmessage = null;
      await vi.advanceTimersByTimeAsync(LEADER_SILENCE_MS);
      expect(tabs.filter(({ leads }) => leads())).toHaveLength(1);
      expect(browser.waiting(LEAD)).toBe(2);
    }
    for (const { stream } of tabs) stream.dispose();
    await settle();
    expect(browser.waiting(LEAD)).toBe(0);
  });

  it("that was given away asks for nothing any more", async () => {
    const [first, second] = [openTab("1"), openTab("2")];
    second.stream.setViews([B]);
    await settle();
    const former = only();
    first.stream.resign();
    await settle();
    expect(former.disposed).toBe(true);
    const views = former.views;
    expect(browser.waiting(tabLock("2"))).toBe(0);
    second.crash();
    await settle();
    expect(former.views).toBe(views);
  });
});
