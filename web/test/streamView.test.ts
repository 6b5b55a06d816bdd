import { describe, expect, it } from "vitest";
import { panelState } from "../src/lib/page/panelState";
import { freshness, freshUntil } from "../src/lib/stream/freshness";
import {
  emptyView,
  nextView,
  type StreamEvent,
  type StreamView,
} from "../src/lib/stream/streamView";
import { barsChip, connectionChip, dataChip, sessionChip } from "../src/lib/text/statusText";
import { aFigure, aStatus } from "./fakes";
import { aLine, aMeta } from "./traces";

const NOW = 1_000_000;
const live: StreamEvent = { kind: "connection", connection: "live" };
const figure: StreamEvent = { kind: "figure", figure: aFigure(), at: NOW };
const status = (changes: Parameters<typeof aStatus>[0], at = NOW): StreamEvent => ({
  kind: "status",
  status: aStatus(changes),
  at,
});

function viewAfter(...events: StreamEvent[]): StreamView {
  return events.reduce(nextView, emptyView("AAPL"));
}

/** What is told of a view at a moment. */
const chip = (view: StreamView, now = NOW) => connectionChip(view, now);
const panel = (view: StreamView, drawn = true, now = NOW) =>
  panelState(view, drawn, null, freshness(view, now));
const polled = (every: number) => ({
  checked: "2026-08-31T14:03:22Z",
  next_check: new Date(Date.parse("2026-08-31T14:03:22Z") + every).toISOString(),
});

describe("the chips", () => {
  it("put trouble in the place of Live, never beside it", () => {
    for (const [state, label] of [
      ["error", "Provider error"],
      ["stale", "Data is stale"],
    ] as const) {
      const view = viewAfter(live, figure, status({ state }));
      const labels = [chip(view), dataChip(view, NOW), sessionChip(view, NOW)].map(
        (shown) => shown?.label ?? "",
      );
      expect(labels[0]).toBe(label);
      expect(labels).not.toContain("Live");
      expect(labels.filter((text) => text === label)).toHaveLength(1);
      expect(labels[2]).toBe("Market open");
    }
  });

  it("count the age from the last figure, or from the last check that found nothing new", () => {
    const view = viewAfter(live, figure);
    expect(dataChip(view, NOW + 2_000)?.label).toBe("Updated 2 s ago");
    const checked = nextView(view, status({}, NOW + 15_000));
    expect(dataChip(checked, NOW + 18_000)?.label).toBe("Checked 3 s ago");
  });

  it("speak of a state without its ticking age", () => {
    const view = viewAfter(live, figure);
    expect(dataChip(view, NOW + 1_000)?.spoken).toBe(dataChip(view, NOW + 9_000)?.spoken);
    const silent = (ms: number) => chip(view, NOW + ms).spoken;
    expect([silent(40_000), silent(41_000)]).toEqual(Array(2).fill("No word from the server"));
  });

  it("say how old the data is, and take no word of trouble for a check", () => {
    const as_of = new Date(NOW - 300_000).toISOString();
    for (const state of ["stale", "error"] as const) {
      const view = viewAfter(live, figure, status({ state, as_of }));
      expect(dataChip(view, NOW + 1_000)?.label).toBe("Data of 5 min ago");
    }
  });

  it("say how long the bars are where they are longer than was chosen", () => {
    const longer = aFigure(aMeta({ aggregated: { from: "1h", to: "4h" } }));
    const view = viewAfter(live, { kind: "figure", figure: longer, at: NOW });
    expect(barsChip(view)).toMatchObject({
      label: "1h drawn as 4h",
      spoken: "Bars of 1 hour drawn as bars of 4 hours",
    });
    expect(barsChip(viewAfter(live, figure))).toBeNull();
  });

  it("say nothing of a market nobody spoke of", () => {
    const silent = aFigure(aMeta({ session: null }));
    const view = viewAfter(live, { kind: "figure", figure: silent, at: NOW });
    expect(sessionChip(view, NOW)).toBeNull();
    expect(
      sessionChip(
        nextView(view, status({ session: { state: "closed", until: null, next: null } })),
        NOW,
      )?.label,
    ).toBe("Market closed");
  });
});

describe("silence", () => {
  const spoke = viewAfter(live, figure, status(polled(1_000)));

  it("is told with its length, ticking, and price and watchlist are no longer fresh", () => {
    expect(freshness(spoke, NOW + 20_999)).toMatchObject({ state: "live", fresh: true });
    expect(freshness(spoke, NOW + 21_000)).toMatchObject({ state: "silent", fresh: false });
    expect(connectionChip(spoke, NOW + 21_000)).toMatchObject({
      state: "silent",
      tone: "warn",
      label: "No word from the server for 21 s",
    });
    expect(connectionChip(spoke, NOW + 83_000).label).toBe("No word from the server for 1 min");
    expect(dataChip(spoke, NOW + 21_000)).toMatchObject({ state: "old", tone: "idle" });
  });

  it.each([
    ["of a market that is looked at every second", status(polled(1_000)), 21_000],
    ["of one that is looked at every ten", status(polled(10_000)), 30_000],
    ["of one that is looked at seldom", status(polled(120_000)), 35_000],
    ["while nothing is traded", status({ state: "closed", ...polled(1_000) }), 35_000],
    ["of a server that does not say", status({}), 35_000],
    ["of one whose clock is absurd", status(polled(-5_000)), 35_000],
  ])("%s is silence from then on", (_, said, limit) => {
    const view = viewAfter(live, figure, said);
    expect(freshness(view, NOW + limit - 1).state).toBe("live");
    expect(freshness(view, NOW + limit).state).toBe("silent");
    expect(freshUntil(view)).toBe(NOW + limit);
  });

  it("is over with the next word", () => {
    const heard = nextView(spoke, status({}, NOW + 40_000));
    expect(freshness(heard, NOW + 40_001)).toMatchObject({ state: "live", fresh: true });
  });

  it("is no news of a connection that is known to be lost, or of a stream that has ended", () => {
    const events: StreamEvent[] = [
      { kind: "connection", connection: "reconnecting" },
      { kind: "ended", reason: "No such range.", about: "view" },
    ];
    const states = events.map((event) => freshness(nextView(spoke, event), NOW + 60_000));
    expect(states.map(({ state, fresh }) => [state, fresh])).toEqual([
      ["reconnecting", false],
      ["ended", false],
    ]);
  });

  it("of a busy server is that of a server that is gone", () => {
    const busy = viewAfter(
      { kind: "connection", connection: "reconnecting" },
      status({ state: "busy" }),
    );
    expect(freshness(busy, NOW).state).toBe("busy");
    expect(freshness(busy, NOW + 60_000).state).toBe("reconnecting");
  });

  it("of a view that is on its way is not told before the view has spoken", () => {
    expect(freshness(viewAfter(), NOW + 60_000)).toMatchObject({
      state: "connecting",
      fresh: false,
    });
    // The chart before it is shown, and was fresh when it was left.
    const former = { ...spoke, connection: "connecting" as const, isFormer: true };
    expect(freshness(former, NOW + 1_000).fresh).toBe(true);
    expect(freshness(former, NOW + 60_000).fresh).toBe(false);
  });
});

describe("the panel", () => {
  it("loads until the figure it has is drawn", () => {
    expect(panel(viewAfter(live), false).kind).toBe("loading");
    expect(panel(viewAfter(live, figure), false).kind).toBe("loading");
    expect(panel(viewAfter(live, figure))).toEqual({
      kind: "chart",
      dimmed: false,
      banner: null,
    });
  });

  it("keeps the last good chart, dimmed, when the provider fails", () => {
    const view = viewAfter(live, figure, status({ state: "error", message: "Timed out." }));
    expect(panel(view)).toMatchObject({
      kind: "chart",
      dimmed: true,
      banner: { tone: "bad", text: "Timed out. Showing the last good chart." },
    });
  });

  it("forgets the old connection's trouble once a new one stands", () => {
    const view = viewAfter(live, figure, status({ state: "error" }), live);
    expect(panel(view)).toMatchObject({ dimmed: false, banner: null });
  });

  it("dims the chart and says why when the server falls silent or is lost", () => {
    const view = viewAfter(live, figure);
    expect(panel(view, true, NOW + 60_000)).toMatchObject({
      dimmed: true,
      banner: { tone: "warn", text: "No word from the server. Showing the last good chart." },
    });
    const lost = nextView(view, { kind: "connection", connection: "reconnecting" });
    expect(panel(lost)).toMatchObject({ dimmed: true, banner: { tone: "warn" } });
  });

  it("marks the former chart as that, whatever keeps the chosen one away", () => {
    const former = { ...viewAfter(live, figure), isFormer: true };
    for (const connection of ["connecting", "live", "reconnecting"] as const) {
      expect(panel({ ...former, connection })).toMatchObject({
        dimmed: true,
        banner: { text: expect.stringContaining("the former chart") },
      });
    }
    const failing = nextView(former, status({ state: "error", message: "Timed out" }));
    expect(panel(failing)).toMatchObject({
      banner: { text: "Timed out. Showing the former chart." },
    });
  });

  it("gives the server's reason when there is no chart at all", () => {
    const reason = "Nobody knows AAPL.";
    const view = viewAfter({ kind: "ended", reason, about: "symbol" });
    expect(panel(view, false)).toMatchObject({ about: "not-found", detail: reason });
  });

  it("says to sign in where the server believes no token", () => {
    const view = viewAfter({ kind: "ended", reason: "a token is needed", about: "token" });
    const detail = expect.stringMatching(/^Sign in .* The server says: a token is needed$/);
    expect(panel(view, false)).toMatchObject({ about: "token", title: "Not signed in", detail });
  });

  it("keeps a chart whose token has ended, and says to sign in", () => {
    const view = viewAfter(live, figure, {
      kind: "ended",
      reason: "the token ended",
      about: "token",
    });
    expect(panel(view)).toMatchObject({
      kind: "chart",
      dimmed: true,
      banner: {
        tone: "bad",
        text: expect.stringMatching(/^Not signed in\. Sign in .* says: the token ended$/),
      },
    });
  });

  it("says of a chart that a token does not allow where to ask for it, with other charts", () => {
    const reason = "the token does not allow TSLA";
    const ended = { kind: "ended", reason, about: "access" } as const;
    const detail = expect.stringMatching(/^Choose another chart, .* says: the token does not/);
    expect(panel(viewAfter(ended), false)).toMatchObject({
      about: "not-found",
      title: "Not allowed",
      detail,
    });
    const open = panel(viewAfter(live, figure, ended));
    expect(open).toMatchObject({
      kind: "chart",
      banner: { text: expect.stringMatching(/^Not allowed\. Choose another chart, /) },
    });
  });

  it("gives the server's reason alone over a chart that ends for another cause", () => {
    const view = viewAfter(live, figure, { kind: "ended", reason: "Gone.", about: "symbol" });
    expect(panel(view)).toMatchObject({ kind: "chart", banner: { text: "Gone." } });
  });

  it("has words for a figure without bars", () => {
    const bare = { ...aFigure(), data: [aLine("price", [], [])] };
    const view = viewAfter(live, { kind: "figure", figure: bare, at: NOW });
    expect(panel(view)).toMatchObject({ about: "empty" });
  });
});
