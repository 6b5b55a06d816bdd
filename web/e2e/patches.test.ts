/** Patches, applied by a library that pages use. */
import { EventSource } from "eventsource";
import fastJsonPatch, { type Operation } from "fast-json-patch";
import { describe, expect } from "vitest";
import { test } from "./support/fixtures.ts";

/** Enough for ticks that move the price, ticks that do not, and colours that change. */
const COUNT = 25;

interface Update {
  id: string;
  patch: { from: string; ops: Operation[] } | null;
  figure: object | null;
}

/** The first updates of a stream, each a figure or what turns the one before into it. */
function updates(url: string, count: number): Promise<Update[]> {
  return new Promise((resolve) => {
    const seen: Update[] = [];
    const source = new EventSource(url);
    const take = (update: Update) => {
      seen.push(update);
      if (seen.length < count) return;
      source.close();
      resolve(seen);
    };
    source.onmessage = ({ data, lastEventId: id }) =>
      take({ id, figure: JSON.parse(data), patch: null });
    source.addEventListener("patch", ({ data, lastEventId: id }) =>
      take({ id, figure: null, patch: JSON.parse(data) }),
    );
  });
}

describe("patches", () => {
  test("lead to the figures that other streams bring", async ({ server }) => {
    const view = `${server.url}/stream/AAPL?chart=candlestick&studies=volume,sma:20`;
    const [patched, figures] = await Promise.all([
      updates(`${view}&updates=patch`, COUNT),
      updates(view, COUNT),
    ]);
    const whole = new Map(figures.map(({ id, figure }) => [id, figure]));
    let held = { id: "", figure: {} as object };
    let compared = 0;
    for (const { id, figure, patch } of patched) {
      expect(patch?.from ?? held.id).toBe(held.id);
      const next = figure ?? fastJsonPatch.applyPatch(held.figure, patch?.ops ?? [], true, false);
      held = { id, figure: "newDocument" in next ? (next.newDocument as object) : next };
      if (!whole.has(id)) continue;
      expect(held.figure).toEqual(whole.get(id));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(COUNT / 2);
    expect(patched.filter(({ patch }) => patch !== null).length).toBeGreaterThan(COUNT / 2);
  });
});
