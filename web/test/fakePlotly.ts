/** Plotly as far as a chart knows it: what it was given to draw, and a hand to move that with. */
import type { Plotly, PlotlyElement } from "plotly.js-finance-dist-min";
import type { DressedFigure } from "../src/lib/chart/dressed";
import { BOX } from "./scenes";

type Listener = (change: Record<string, unknown>) => void;

const charts = new Map<HTMLElement, { element: PlotlyElement; listeners: Map<string, Listener> }>();

export const fakePlotly = {
  /** Of every chart, in their order. */
  drawn: [] as DressedFigure[],
  /** Makes it refuse the next figures. */
  fails: false,
  has: (host: HTMLElement) => charts.has(host),

  async react(host: HTMLElement, data: readonly object[], layout: object) {
    if (fakePlotly.fails) throw new Error("no figure of mine");
    fakePlotly.drawn.push({ data, layout } as DressedFigure);
    const { xaxis, yaxis } = layout as PlotlyElement["_fullLayout"];
    const place = { _offset: BOX.left, _length: BOX.width, d2p: () => 0, p2d: () => 0 };
    const _fullLayout = { xaxis: { ...xaxis, ...place }, yaxis: { ...yaxis, ...place } };
    const listeners = charts.get(host)?.listeners ?? new Map<string, Listener>();
    const on = (event: string, listener: Listener) => listeners.set(event, listener);
    const element = Object.assign(host, { _fullLayout, on }) as unknown as PlotlyElement;
    charts.set(host, { element, listeners });
    return element;
  },
  purge: (host: HTMLElement) => void charts.delete(host),
  Plots: { resize: async () => {} },
  toImage: async () => "data:,",
} satisfies Plotly & Record<string, unknown>;

/** A hand drags the chart to a stretch of time, and lets go. */
export function drag(host: HTMLElement, range: [string, string]): void {
  grab(host);
  const chart = charts.get(host);
  if (chart !== undefined) chart.element._fullLayout.xaxis.range = range;
  chart?.listeners.get("plotly_relayout")?.({});
}

export function grab(host: HTMLElement): void {
  charts.get(host)?.listeners.get("plotly_relayouting")?.({});
}

export function doubleClick(host: HTMLElement): void {
  charts.get(host)?.listeners.get("plotly_relayout")?.({ "xaxis.autorange": true });
}
