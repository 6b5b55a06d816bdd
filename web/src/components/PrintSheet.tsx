/** The chart as it is printed. Empty until the browser is about to print, and again afterwards. */
import { useEffect, useRef } from "react";
import { useColors } from "../hooks/useColors";
import type { PaneSettings } from "../lib/chart/paneSettings";
import type { Scene } from "../lib/chart/scene";
import { fillSheet } from "../lib/picture/printSheet";

interface PrintSheetProps {
  symbol: string;
  scene: Scene | null;
  settings: PaneSettings;
  hidden: ReadonlySet<string>;
}

export function PrintSheet(props: PrintSheetProps) {
  const sheet = useRef<HTMLDivElement>(null);
  // Paper is light whatever the page is.
  const colors = useColors("light");
  const now = useRef({ ...props, colors });
  now.current = { ...props, colors };

  useEffect(() => {
    let empty = () => {};
    const fill = () => {
      empty();
      const { scene, ...chart } = now.current;
      if (sheet.current === null || scene === null) return;
      empty = fillSheet(sheet.current, { ...chart, scene });
    };
    const over = () => empty();
    addEventListener("beforeprint", fill);
    addEventListener("afterprint", over);
    return () => {
      removeEventListener("beforeprint", fill);
      removeEventListener("afterprint", over);
      empty();
    };
  }, []);

  return <div ref={sheet} className="sheet" aria-hidden="true" data-testid="sheet" />;
}
