/**
 * A view that keeps its chart while another view of the same symbol is on its way, so that a change of range or
 * kind shows no empty box in between. The kept view is marked as the former one.
 */
import { useState } from "react";
import type { StreamView } from "../lib/stream/streamView";

export function useSteadyView(view: StreamView): StreamView {
  const [last, setLast] = useState(view);
  if (view.figure !== null && view !== last) setLast(view);
  const isOnItsWay = view.figure === null && view.connection !== "ended";
  if (!isOnItsWay || last.symbol !== view.symbol) return view;
  const { figure, meta, updatedAt, heardAt } = last;
  return { ...view, figure, meta, isFormer: true, updatedAt, heardAt };
}
