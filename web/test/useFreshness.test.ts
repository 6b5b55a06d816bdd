// @vitest-environment happy-dom
import { expect, it } from "vitest";
import { useFreshness } from "../src/hooks/useFreshness";
import { freshUntil, patience } from "../src/lib/stream/freshness";
import { emptyView, type StreamView } from "../src/lib/stream/streamView";
import { aFigure } from "./fakes";
import { pass, renderHook } from "./mounted";

const heard = (): StreamView => ({
  ...emptyView("AAPL"),
  connection: "live",
  figure: aFigure(),
  heardAt: Date.now(),
});

it("is told again when a silence has become too long, and with the next word", async () => {
  const { result, rerender } = renderHook(({ view }) => useFreshness(view), {
    initialProps: { view: heard() },
  });
  await pass(patience(null) - 1);
  expect(result.current.state).toBe("live");
  await pass(1);
  expect(result.current).toMatchObject({ state: "silent", fresh: false });
  rerender({ view: heard() });
  expect(result.current.state).toBe("live");
});

it("is awaited of nothing that has not spoken", async () => {
  const view = emptyView("AAPL");
  expect(freshUntil(view)).toBeNull();
  const { result } = renderHook(() => useFreshness(view));
  await pass(10 * patience(null));
  expect(result.current.state).toBe("connecting");
});
