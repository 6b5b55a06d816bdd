/** Plotly, asked for at once, so that it travels beside the first figure and not behind it. */
import type { Plotly } from "plotly.js-finance-dist-min";

export const plotly = import("plotly.js-finance-dist-min").then((module) => module.default);

/** The same for what cannot wait; null until it is there. */
export let arrived: Plotly | null = null;

plotly.then(
  (library) => {
    arrived = library;
  },
  // Each chart reports the failure itself; this only keeps it from being called unhandled before.
  () => {},
);
