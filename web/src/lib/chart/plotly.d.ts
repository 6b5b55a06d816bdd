/** The part of Plotly this page uses. The finance bundle ships no types of its own. */
declare module "plotly.js-finance-dist-min" {
  /** An axis as Plotly keeps it; lengths and places in pixels. */
  export interface PlotlyAxis {
    range: [string, string] | [number, number];
    _offset: number;
    _length: number;
    /** From data to pixels of the axis, and back. */
    d2p(value: string | number): number;
    p2d(pixel: number): string | number;
  }
  export interface PlotlyElement extends HTMLElement {
    _fullLayout: { xaxis: PlotlyAxis; yaxis: PlotlyAxis; [key: string]: unknown };
    on(event: "plotly_relayouting", listener: () => void): void;
    on(event: "plotly_relayout", listener: (change: Record<string, unknown>) => void): void;
  }
  export interface PlotlyFigure {
    data: readonly object[];
    layout: object;
    config?: object;
  }
  export interface PictureOptions {
    format: "svg";
    width: number;
    height: number;
    /** The drawing itself instead of a data URL. */
    imageDataOnly: true;
  }
  export interface Plotly {
    react(
      element: HTMLElement,
      data: readonly object[],
      layout: object,
      config: object,
    ): Promise<PlotlyElement>;
    purge(element: HTMLElement): void;
    toImage(figure: PlotlyFigure, options: PictureOptions): Promise<string>;
    Plots: { resize(element: HTMLElement): Promise<unknown> };
  }
  const plotly: Plotly;
  export default plotly;
}
