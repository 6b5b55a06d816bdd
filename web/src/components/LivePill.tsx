/** The button back to the newest bars, with the number of bars that came meanwhile. */
import type { Scene } from "../lib/chart/scene";

interface LivePillProps {
  scene: Scene;
  paused: boolean;
  goLive: () => void;
}

export function LivePill({ scene: { mode, newBars }, paused, goLive }: LivePillProps) {
  if (mode.kind === "follow" && !paused) return null;
  const count = newBars === 0 ? "" : ` · ${newBars} new ${newBars === 1 ? "bar" : "bars"}`;
  return (
    <button type="button" className="pill" data-testid="go-live" onClick={goLive}>
      {paused ? "Paused" : "Go to live"}
      {count}
      <span aria-hidden="true">{paused ? " ▶" : " →"}</span>
    </button>
  );
}
