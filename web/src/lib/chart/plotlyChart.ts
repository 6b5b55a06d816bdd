/**
 * Plotly in one element, from its library to the purge: draws what it is given, tells a hand's
 * gestures, keeps to the element's size. Every figure goes through `Plotly.react` with one config
 * object for ever: a new one would make Plotly start over and forget what it was showing.
 */
import type { Plotly, PlotlyElement } from "plotly.js-finance-dist-min";
import type { DressedFigure } from "./dressed";
import { plotly } from "./plotlyLibrary";
import { type Measured, measure } from "./scene";

const CONFIG = Object.freeze({
  displaylogo: false,
  displayModeBar: false,
  showSendToCloud: false,
  doubleClick: "autosize",
  showTips: false,
  scrollZoom: true,
});

export interface PlotlyListener {
  /** The library is there: drawing has become possible. */
  onReady: () => void;
  /** It will not come. */
  onMissing: () => void;
  /** A hand moves the chart. */
  onGrab: () => void;
  /** The hand has let go of this stretch of time, or has asked for the whole again. */
  onLetGo: (x: [string, string] | null) => void;
  onResize: () => void;
}

export class PlotlyChart {
  readonly #host: HTMLElement;
  readonly #listener: PlotlyListener;
  readonly #resizer: ResizeObserver;
  #plotly: Plotly | null = null;
  /** There once the first draw is on the screen. */
  #element: PlotlyElement | null = null;
  #begun = false;
  #disposed = false;

  constructor(host: HTMLElement, listener: PlotlyListener) {
    this.#host = host;
    this.#listener = listener;
    this.#resizer = new ResizeObserver(() => this.#resize());
    this.#resizer.observe(host);
    void this.#load();
  }

  get isReady(): boolean {
    return this.#plotly !== null;
  }

  /** Where things are; null while nothing is on the screen. */
  measured(): Measured | null {
    return this.#element === null || this.#disposed ? null : measure(this.#element);
  }

  /** Rejects when Plotly cannot draw it. */
  async draw({ data, layout }: DressedFigure): Promise<void> {
    if (this.#plotly === null) return;
    this.#begun = true;
    const element = await this.#plotly.react(this.#host, data, layout, CONFIG);
    if (this.#element === null && !this.#disposed) this.#listen(element);
  }

  dispose(): void {
    this.#disposed = true;
    this.#resizer.disconnect();
    if (this.#begun) this.#plotly?.purge(this.#host);
  }

  async #load(): Promise<void> {
    try {
      const library = await plotly();
      if (this.#disposed) return;
      this.#plotly = library;
      this.#listener.onReady();
    } catch {
      this.#listener.onMissing();
    }
  }

  /** Plotly tells the hand from the program: only a person's gestures emit these. */
  #listen(element: PlotlyElement): void {
    this.#element = element;
    element.on("plotly_relayouting", () => this.#listener.onGrab());
    element.on("plotly_relayout", (change) => {
      if ("autosize" in change) return;
      // As a double click does.
      const isWhole = change["xaxis.autorange"] === true;
      const [from, to] = element._fullLayout.xaxis.range;
      this.#listener.onLetGo(isWhole ? null : [String(from), String(to)]);
    });
  }

  #resize(): void {
    if (!this.#begun) return;
    // Refused while the element is not displayed; the next observation comes when it is.
    this.#plotly?.Plots.resize(this.#host).then(this.#listener.onResize, () => {});
  }
}
