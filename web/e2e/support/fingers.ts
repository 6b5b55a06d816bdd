/** Fingers on a touch screen. */
import type { CDPSession } from "playwright-core";

const STEPS = 8;
const STEP_MS = 20;

/** Moves fingers evenly from some points to others. */
export async function drag(
  session: CDPSession,
  fingers: readonly (readonly [from: [number, number], to: [number, number]])[],
): Promise<void> {
  const at = (share: number) =>
    fingers.map(([[x, y], [toX, toY]], id) => ({
      x: x + (toX - x) * share,
      y: y + (toY - y) * share,
      id,
    }));
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) });
  for (let step = 1; step <= STEPS; step += 1) {
    const touchPoints = at(step / STEPS);
    await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints });
    // The browser makes a scroll of moves that take time, as a finger's do.
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}
