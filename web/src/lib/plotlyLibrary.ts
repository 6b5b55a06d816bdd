/** Plotly, asked for at once, so that it travels beside the first figure and not behind it. */
export const plotly = import("plotly.js-finance-dist-min").then((module) => module.default);
// Each chart reports the failure itself; this only keeps it from being called unhandled before.
plotly.catch(() => {});
