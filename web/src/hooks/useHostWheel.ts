/**
 * In a frame or a tag of another site the wheel scrolls the host page, as if the chart were a picture, until the reader
 * clicks the chart or holds Ctrl. A reader who scrolls past is not caught in the chart. Maps do the same.
 */
import { type RefObject, useEffect, useState } from "react";

const HINT_MS = 1_500;

/** Whether the chart may have this turn of the wheel. */
export function isForChart(event: WheelEvent, box: Element): boolean {
  // Outside of its shadow tree a tag itself is what has the focus.
  const { activeElement } = box.getRootNode() as Document | ShadowRoot;
  // A frame keeps its focused element while the reader is in the host page.
  const isFocused = document.hasFocus() && box.contains(activeElement);
  return event.ctrlKey || event.metaKey || isFocused;
}

/** Tells for a moment how to zoom, when a turn of the wheel went to the host page. */
export function useHostWheel(box: RefObject<HTMLElement | null>, framed: boolean): boolean {
  const [hinting, setHinting] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!framed || element === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onWheel = (event: WheelEvent) => {
      const isOurs = isForChart(event, element);
      // Plotly would take it, and keep the browser from scrolling.
      if (!isOurs) event.stopPropagation();
      clearTimeout(timer);
      setHinting(!isOurs);
      if (!isOurs) timer = setTimeout(() => setHinting(false), HINT_MS);
    };
    element.addEventListener("wheel", onWheel, { capture: true, passive: true });
    return () => {
      element.removeEventListener("wheel", onWheel, { capture: true });
      clearTimeout(timer);
    };
  }, [box, framed]);
  return hinting;
}
