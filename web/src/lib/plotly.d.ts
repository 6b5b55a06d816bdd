/** The part of Plotly this page uses. The finance bundle ships no types of its own. */
declare module "plotly.js-finance-dist-min" {
  export interface PlotlyElement extends HTMLElement {
    on(event: "plotly_relayouting" | "plotly_relayout", listener: () => void): void;
  }
  export interface Plotly {
    react(
      element: HTMLElement,
      data: readonly object[],
      layout: object,
      config: object,
    ): Promise<PlotlyElement>;
    purge(element: HTMLElement): void;
    Plots: { resize(element: HTMLElement): Promise<unknown> };
  }
  const plotly: Plotly;
  export default plotly;
}
