// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { useStretch, WRITE_DELAY_MS } from "../src/hooks/useStretch";
import type { Stretch } from "../src/lib/bars/stretch";
import { PaneLink, type PaneMessage } from "../src/lib/page/paneLink";
import { act, pass, renderHook } from "./mounted";

const SHOWN = { from: Date.parse("2026-08-31T13:30:00Z"), to: Date.parse("2026-08-31T14:00:00Z") };
const range = (changes = {}): PaneMessage => ({
  kind: "range",
  ...SHOWN,
  frozen: true,
  ...changes,
});

/** A page whose address is what was written last, and one chart on it. */
function aPage(first: Stretch | null = null) {
  const link = new PaneLink();
  const heard: PaneMessage[] = [];
  const { say } = link.join((message) => heard.push(message));
  const write = vi.fn();
  const { rerender } = renderHook(
    ({ stretch, views }) => useStretch({ link, stretch, views, write }),
    { initialProps: { stretch: first, views: "AAPL" } },
  );
  return {
    heard,
    write,
    says: (...messages: PaneMessage[]) => act(() => messages.forEach(say)),
    /** The address becomes this one. */
    at: (stretch: Stretch | null, views = "AAPL") => rerender({ stretch, views }),
  };
}

describe("the stretch in the address", () => {
  it("is where the charts are when the page is opened, and when Back is pressed", () => {
    const { heard, at } = aPage(SHOWN);
    expect(heard).toEqual([range()]);
    at(null);
    at({ ...SHOWN });
    expect(heard).toEqual([range(), { kind: "live" }, range()]);
  });

  it("is written once the hand rests, to the second, and told to nobody again", async () => {
    const { heard, write, says, at } = aPage();
    says(range({ from: 0 }), range({ from: SHOWN.from + 1, to: SHOWN.to - 1 }));
    await pass(WRITE_DELAY_MS - 1);
    expect(write).not.toHaveBeenCalled();
    await pass(1);
    expect(write).toHaveBeenCalledExactlyOnceWith(SHOWN);
    at(SHOWN);
    expect(heard).toEqual([]);
  });

  it("is none while the newest bars are followed, at whatever width", async () => {
    const { write, says } = aPage(SHOWN);
    says(range({ frozen: false }));
    await pass(WRITE_DELAY_MS);
    expect(write).toHaveBeenLastCalledWith(null);
    says({ kind: "live" });
    await pass(WRITE_DELAY_MS);
    expect(write).toHaveBeenLastCalledWith(null);
  });

  it("has nothing to do with cursors, and is no stretch of bars that were left meanwhile", async () => {
    const { write, says, at } = aPage();
    says({ kind: "cursor", bar: { from: 0, until: 1 } });
    await pass(WRITE_DELAY_MS);
    says(range());
    at(null, "MSFT");
    await pass(WRITE_DELAY_MS);
    expect(write).not.toHaveBeenCalled();
  });
});
