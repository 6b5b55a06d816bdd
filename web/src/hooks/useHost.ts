/**
 * A chart in a frame talks with the page around it. That page is one of the server's `frame_ancestors`, as the
 * browser shows the frame to no other; messages of anybody else are not heard.
 */
import { useEffect } from "react";
import { askedAddress } from "../lib/page/hostMessage";
import { navigate } from "./usePage";

/** Lowest chart that has room for its furniture, and what is as high as it is wide. */
const LOWEST = 200;
const RATIO = 9 / 16;

type Told = { type: "figcast:height"; height: number } | { type: "figcast:error"; message: string };

export function useHost(framed: boolean): void {
  useEffect(() => {
    if (!framed || parent === window) return;
    // Nothing in it is a secret, and a site may hide its origin from what it frames.
    const tell = (told: Told) => parent.postMessage(told, "*");

    const onMessage = ({ source, data }: MessageEvent<unknown>) => {
      if (source !== parent) return;
      const asked = askedAddress(data, new URL(location.href));
      if (asked?.ok === true) navigate(asked.address, { replace: true });
      else if (asked?.ok === false) tell({ type: "figcast:error", message: asked.message });
    };

    let told = 0;
    const measure = () => {
      const height = wantedHeight(document.querySelector(".charts"));
      if (height === told || height === 0) return;
      told = height;
      tell({ type: "figcast:height", height });
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(document.documentElement);
    addEventListener("message", onMessage);
    return () => {
      sizes.disconnect();
      removeEventListener("message", onMessage);
    };
  }, [framed]);
}

/** The height at which every chart of a frame has the proportions of a tag. */
function wantedHeight(charts: Element | null): number {
  if (charts === null || charts.childElementCount === 0) return 0;
  const columns = getComputedStyle(charts).gridTemplateColumns.split(" ").length;
  const rows = Math.ceil(charts.childElementCount / columns);
  const width = charts.clientWidth / columns;
  return rows * Math.max(LOWEST, Math.round(width * RATIO));
}
