/** Plotly, requested at once, so that it comes beside the first figure and not after it. */
import type { Plotly } from "plotly.js-finance-dist-min";

export const plotly = import("plotly.js-finance-dist-min").then((module) => module.default);

/** The same for code that cannot wait for a promise; null until the library is there. */
export let arrived: Plotly | null = null;

plotly.then(
  (library) => {
    arrived = library;
  },
  // Each chart reports the failure itself; this only keeps it from being called unhandled before.
  () => {},
);
