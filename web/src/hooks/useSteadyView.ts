/**
 * A view that still has the chart at hand while another one of the same symbol is on its way: a change
 * of range or kind is then a change of picture and no flash of an empty box. It says that it is the former one.
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
