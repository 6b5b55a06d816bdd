/**
 * One Plotly chart in one element, from the first figure to the purge. Every figure goes through
 * `Plotly.react` behind a `DrawGate`, with one config object for ever: a new one would make Plotly
 * start over and forget the reader's zoom.
 */
import type { Plotly, PlotlyElement } from "plotly.js-finance-dist-min";
import { DrawGate } from "./drawGate";
import { pageFigure } from "./pageFigure";
import { readPageStyle } from "./pageStyle";
import type { Figure } from "./types";

const CONFIG = Object.freeze({
  displaylogo: false,
  showSendToCloud: false,
  responsive: true,
  scrollZoom: true,
  modeBarButtons: [["zoom2d", "pan2d"], ["resetScale2d"], ["toImage"]],
  toImageButtonOptions: { filename: "figcast", scale: 2 },
});

/** Asked for at once, so that it travels beside the first figure and not behind it. */
const library = import("plotly.js-finance-dist-min").then((module) => module.default);
// Each chart reports the failure itself; this only keeps it from being called unhandled before.
library.catch(() => {});

export interface LiveChartOptions {
  onDrawn: (key: string) => void;
  onFailure: (sentence: string) => void;
}

interface Keyed {
  figure: Figure;
  key: string;
}

export class LiveChart {
  readonly #host: HTMLElement;
  readonly #options: LiveChartOptions;
  readonly #gate: DrawGate<Keyed>;
  readonly #resizer: ResizeObserver;
  #plotly: Plotly | null = null;
  #drawn = false;
  #disposed = false;

  constructor(host: HTMLElement, options: LiveChartOptions) {
    this.#host = host;
    this.#options = options;
    this.#gate = new DrawGate<Keyed>({
      draw: (keyed) => void this.#draw(keyed),
      canDraw: () => this.#plotly !== null && !document.hidden,
    });
    this.#resizer = new ResizeObserver(() => this.#resize());
    this.#resizer.observe(host);
    document.addEventListener("visibilitychange", this.#wake);
    void this.#load();
  }

  /** `key` names what the figure is of, and comes back when it has been drawn. */
  show(figure: Figure, key: string): void {
    this.#gate.offer({ figure, key });
  }

  dispose(): void {
    this.#disposed = true;
    this.#gate.dispose();
    this.#resizer.disconnect();
    document.removeEventListener("visibilitychange", this.#wake);
    if (this.#drawn) this.#plotly?.purge(this.#host);
  }

  async #load(): Promise<void> {
    try {
      const plotly = await library;
      if (this.#disposed) return;
      this.#plotly = plotly;
      this.#gate.wake();
    } catch {
      this.#fail("The chart library could not be loaded. Reload the page to try again.");
    }
  }

  async #draw({ figure, key }: Keyed): Promise<void> {
    const plotly = this.#plotly;
    if (plotly === null) return;
    const first = !this.#drawn;
    this.#drawn = true;
    try {
      const { data, layout } = pageFigure(figure, readPageStyle(this.#host));
      const element = await plotly.react(this.#host, data, layout, CONFIG);
      if (this.#disposed) return;
      if (first) this.#listen(element);
      this.#options.onDrawn(key);
    } catch (error) {
      console.error(error);
      this.#fail("This figure could not be drawn.");
    }
  }

  /** Plotly tells the hand from the program: only a person's gestures emit these. */
  #listen(element: PlotlyElement): void {
    element.on("plotly_relayouting", () => this.#gate.hold());
    element.on("plotly_relayout", () => this.#gate.release());
  }

  #resize(): void {
    if (!this.#drawn) return;
    // Refused while the element is not displayed; the next observation comes when it is.
    this.#plotly?.Plots.resize(this.#host).catch(() => {});
  }

  #fail(sentence: string): void {
    if (!this.#disposed) this.#options.onFailure(sentence);
  }

  readonly #wake = (): void => this.#gate.wake();
}
