import { describe, expect, it } from "vitest";
import { panelState } from "../src/lib/panelState";
import { connectionChip, dataChip, sessionChip } from "../src/lib/statusText";
import { emptyView, nextView, type StreamEvent, type StreamView } from "../src/lib/streamView";
import { aFigure, aMeta, aStatus } from "./fakes";

const NOW = 1_000_000;
const live: StreamEvent = { kind: "connection", connection: "live", reason: null };
const figure: StreamEvent = { kind: "figure", figure: aFigure(), at: NOW };
const status = (changes: Parameters<typeof aStatus>[0], at = NOW): StreamEvent => ({
  kind: "status",
  status: aStatus(changes),
  at,
});

function viewAfter(...events: StreamEvent[]): StreamView {
  return events.reduce(nextView, emptyView("AAPL"));
}

describe("the chips", () => {
  it("tell connection, data and market apart", () => {
    const view = viewAfter(live, figure, status({ state: "error", message: "503" }));
    expect(connectionChip(view).label).toBe("Live");
    expect(dataChip(view, NOW).label).toBe("Provider error");
    expect(sessionChip(view, NOW)?.label).toBe("Market open");
  });

  it("count the age from the last figure, or from the last check that found nothing new", () => {
    const view = viewAfter(live, figure);
    expect(dataChip(view, NOW + 2_000).label).toBe("Updated 2 s ago");
    const checked = nextView(view, status({}, NOW + 15_000));
    expect(dataChip(checked, NOW + 18_000).label).toBe("Checked 3 s ago");
  });

  it("speak of a state without its ticking age", () => {
    const view = viewAfter(live, figure);
    expect(dataChip(view, NOW + 1_000).spoken).toBe(dataChip(view, NOW + 9_000).spoken);
  });

  it("say how old stale data is", () => {
    const as_of = new Date(NOW - 300_000).toISOString();
    const view = viewAfter(live, figure, status({ state: "stale", as_of }));
    expect(dataChip(view, NOW).label).toBe("Stale · 5 min ago");
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

describe("the panel", () => {
  it("loads until the figure it has is drawn", () => {
    expect(panelState(viewAfter(live), false, null).kind).toBe("loading");
    expect(panelState(viewAfter(live, figure), false, null).kind).toBe("loading");
    expect(panelState(viewAfter(live, figure), true, null)).toEqual({
      kind: "chart",
      dimmed: false,
      banner: null,
    });
  });

  it("keeps the last good chart, dimmed, when the provider fails", () => {
    const view = viewAfter(live, figure, status({ state: "error", message: "Timed out." }));
    expect(panelState(view, true, null)).toMatchObject({
      kind: "chart",
      dimmed: true,
      banner: { tone: "bad", text: "Timed out. Showing the last good chart." },
    });
  });

  it("forgets the old connection's trouble once a new one stands", () => {
    const view = viewAfter(live, figure, status({ state: "error" }), live);
    expect(panelState(view, true, null)).toMatchObject({ dimmed: false, banner: null });
  });

  it("gives the server's reason when there is no chart at all", () => {
    const reason = "Nobody knows AAPL.";
    const view = viewAfter({ kind: "connection", connection: "ended", reason });
    expect(panelState(view, false, null)).toMatchObject({ about: "not-found", detail: reason });
  });

  it("has words for a figure without bars", () => {
    const bare = { ...aFigure(), data: [{ uid: "price", x: [] }] };
    const view = viewAfter(live, { kind: "figure", figure: bare, at: NOW });
    expect(panelState(view, true, null)).toMatchObject({ about: "empty" });
  });
});
