/**
 * Plotly, requested at once, so that it comes beside the first figure and not after it. A tag has a library of its
 * own in the place of this one.
 */
import type { Plotly } from "plotly.js-finance-dist-min";

const coming = import("plotly.js-finance-dist-min").then((module) => module.default);

export function plotly(): Promise<Plotly> {
  return coming;
}

/** The same for code that cannot wait for a promise; null until the library is there. */
export let arrived: Plotly | null = null;

coming.then(
  (library) => {
    arrived = library;
  },
  // Each chart reports the failure itself; this only keeps it from being called unhandled before.
  () => {},
);
