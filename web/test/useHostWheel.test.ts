// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useHostWheel } from "../src/hooks/useHostWheel";
import { act, pass, renderHook } from "./mounted";

function chart(framed: boolean, shadow = false) {
  const box = document.createElement("div");
  box.tabIndex = 0;
  const plot = document.createElement("div");
  box.append(plot);
  if (shadow) {
    const tag = document.createElement("div");
    tag.attachShadow({ mode: "open" }).append(box);
    document.body.replaceChildren(tag);
  } else document.body.replaceChildren(box);
  const zoomed = vi.fn();
  plot.addEventListener("wheel", zoomed);
  const ref = { current: box };
  const hook = renderHook(() => useHostWheel(ref, framed));
  const turn = (keys: { ctrlKey?: boolean } = {}) =>
    act(() => {
      // happy-dom takes no keys for a wheel.
      plot.dispatchEvent(Object.assign(new WheelEvent("wheel", { bubbles: true }), keys));
    });
  return { box, zoomed, turn, isHinting: () => hook.result.current };
}

describe("the wheel over a chart", () => {
  beforeEach(() => {
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
  });

  it("is the chart's on a page of its own", () => {
    const { turn, zoomed, isHinting } = chart(false);
    turn();
    expect(zoomed).toHaveBeenCalledOnce();
    expect(isHinting()).toBe(false);
  });

  it("is the host's in a frame, which for a moment says how to zoom", async () => {
    const { turn, zoomed, isHinting } = chart(true);
    turn();
    expect(zoomed).not.toHaveBeenCalled();
    expect(isHinting()).toBe(true);
    await pass(2_000);
    expect(isHinting()).toBe(false);
  });

  it("is the chart's in a frame with Ctrl, or once it was clicked, until the reader leaves", () => {
    const { box, turn, zoomed, isHinting } = chart(true);
    turn({ ctrlKey: true });
    expect(zoomed).toHaveBeenCalledTimes(1);
    box.focus();
    turn();
    expect(zoomed).toHaveBeenCalledTimes(2);
    expect(isHinting()).toBe(false);
    vi.mocked(document.hasFocus).mockReturnValue(false);
    turn();
    expect(zoomed).toHaveBeenCalledTimes(2);
  });

  it("is the chart's in a tag once it was clicked, though the page sees the tag alone have the focus", () => {
    const { box, turn, zoomed } = chart(true, true);
    turn();
    expect(zoomed).not.toHaveBeenCalled();
    const tree = box.getRootNode() as ShadowRoot;
    vi.spyOn(tree, "activeElement", "get").mockReturnValue(box);
    turn();
    expect(zoomed).toHaveBeenCalledOnce();
  });
});
