/** A line through equally distant values, filling a box but for half a stroke. */
import type { Figure } from "../wire/figure";
import { valuesOf } from "./bars";

const INSET = 1.5;

export function sparkPath(values: readonly number[], width: number, height: number): string {
  const [only] = values;
  if (only === undefined) return "";
  // One price alone is a line as well, for a point would hardly be seen.
  if (values.length === 1) return sparkPath([only, only], width, height);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = (width - 2 * INSET) / (values.length - 1);
  // A price that has not moved is a line through the middle.
  const place = (value: number) => (high === low ? 0.5 : (high - value) / (high - low));
  const points = values.map((value, index) => {
    const x = INSET + index * step;
    const y = INSET + place(value) * (height - 2 * INSET);
    return `${round(x)} ${round(y)}`;
  });
  return `M${points.join("L")}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The prices of a figure of `chart=spark`. */
export function sparkValues(figure: Figure | null): readonly number[] {
  const price = figure?.data.find(({ uid }) => uid === "price");
  return price === undefined ? [] : valuesOf(price).filter((value) => value !== null);
}
