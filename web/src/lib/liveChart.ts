/**
 * One Plotly chart in one element, from the first figure to the purge. Every figure goes through
 * `Plotly.react` behind a `DrawGate`, with one config object for ever: a new one would make Plotly
 * start over and forget the reader's zoom. What stretch of time is shown is `followMode`'s word.
 */
import type { Plotly, PlotlyElement } from "plotly.js-finance-dist-min";
import { type Bars, barsOf, instantAt, placeOf } from "./bars";
import { DrawGate } from "./drawGate";
import { type Drawing, drawingOf, type Looks } from "./drawing";
import { type ModeEvent, newBars, nextMode, type ViewMode } from "./followMode";
import { readPageStyle } from "./pageStyle";
import type { FollowWindow, PaneSettings, Zone } from "./paneSettings";
import { plotly as library } from "./plotlyLibrary";
import { bounds, measure, type Scene } from "./scene";
import type { Figure } from "./types";
import { wallText } from "./wallTime";
import { inZone } from "./zoneShift";

const CONFIG = Object.freeze({
  displaylogo: false,
  displayModeBar: false,
  showSendToCloud: false,
  doubleClick: "autosize",
  showTips: false,
  scrollZoom: true,
});

/** Narrower than this many bars shows nothing. */
const NARROWEST_BARS = 4;

export interface LiveChartOptions {
  looks: Looks;
  onScene: (scene: Scene) => void;
  onFailure: (sentence: string) => void;
  /** The reader moved to another stretch of time, in instants, or went back to the newest. */
  onMoved?: (stretch: { from: number; to: number } | null) => void;
}

export class LiveChart {
  readonly #host: HTMLElement;
  readonly #options: LiveChartOptions;
  readonly #gate: DrawGate<Figure>;
  readonly #resizer: ResizeObserver;
  #plotly: Plotly | null = null;
  #element: PlotlyElement | null = null;
  #mode: ViewMode;
  #looks: Looks;
  #key = "";
  /** The newest figure as it came, and the one on the screen while paused. */
  #newest: Figure | null = null;
  #figure: Figure | null = null;
  #drawn: (Drawing & { revision: unknown }) | null = null;
  #moving = false;
  #disposed = false;

  constructor(host: HTMLElement, options: LiveChartOptions) {
    this.#host = host;
    this.#options = options;
    this.#looks = options.looks;
    this.#mode = { kind: "follow", window: options.looks.settings.window };
    this.#gate = new DrawGate<Figure>({
      draw: (figure) => this.#draw(figure),
      canDraw: () => this.#plotly !== null && !document.hidden,
    });
    this.#resizer = new ResizeObserver(() => this.#resize());
    this.#resizer.observe(host);
    document.addEventListener("visibilitychange", this.#wake);
    void this.#load();
  }

  get window(): FollowWindow {
    return this.#looks.settings.window;
  }

  /** `key` names what the figure is of: the figure of another key is shown even while paused. */
  show(figure: Figure, key: string): void {
    const other = key !== this.#key;
    this.#key = key;
    this.#newest = figure;
    if (other || !this.#looks.settings.paused || this.#figure === null) {
      this.#figure = figure;
      this.#gate.offer(figure);
    } else {
      this.#tell();
    }
  }

  /** Takes what the reader chose. */
  dress(looks: Looks): void {
    const { settings, theme, hidden } = this.#looks;
    const other = (name: keyof PaneSettings) => looks.settings[name] !== settings[name];
    const chosen = Object.keys(settings).some((name) => other(name as keyof PaneSettings));
    if (!chosen && looks.theme === theme && looks.hidden === hidden) return;
    this.#looks = looks;
    if (other("scale") || looks.hidden !== hidden) this.#turn({ kind: "refit" });
    if (other("window")) this.#turn({ kind: "live", window: looks.settings.window });
    if (other("zone") && this.#figure !== null) {
      const [was, is] = [settings.zone, looks.settings.zone].map(this.#onClock) as [Bars, Bars];
      this.#turn({ kind: "clock", was, is });
    }
    if (!looks.settings.paused) this.#figure = this.#newest;
    this.#redraw();
  }

  /** Back to the newest bars; quietly, if another chart asked for it. */
  follow(window: FollowWindow, quiet = false): void {
    this.#turn({ kind: "live", window });
    if (!quiet) this.#options.onMoved?.(null);
    this.#redraw();
  }

  /** Shows another stretch of time, in places on the axis, and stays there. */
  moveTo(from: number, to: number, quiet = false): void {
    const bars = this.#drawn?.bars;
    if (bars === undefined || !(to - from >= NARROWEST_BARS * bars.step)) return;
    this.#freeze([wallText(from), wallText(to)], bars);
    if (!quiet) this.#say();
    this.#redraw();
  }

  /** The same in instants, as another chart tells it. */
  moveToInstants(from: number, to: number): void {
    const bars = this.#drawn?.bars;
    if (bars !== undefined) this.moveTo(placeOf(bars, from), placeOf(bars, to), true);
  }

  dispose(): void {
    this.#disposed = true;
    this.#gate.dispose();
    this.#resizer.disconnect();
    document.removeEventListener("visibilitychange", this.#wake);
    if (this.#drawn !== null) this.#plotly?.purge(this.#host);
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

  #draw(served: Figure): void {
    const plotly = this.#plotly;
    if (plotly === null) return;
    const { revision } = this.#drawn ?? {};
    // Another symbol, interval or range has other times: what was looked at is not there.
    if (revision !== undefined && revision !== served.layout.uirevision) {
      this.#turn({ kind: "live", window: this.window });
    }
    try {
      const drawing = drawingOf(served, this.#mode, this.#looks, readPageStyle(this.#host));
      this.#turn({ kind: "fitted", y: drawing.y });
      const { data, layout } = drawing.dressed;
      const isFirst = this.#drawn === null;
      this.#drawn = { ...drawing, revision: served.layout.uirevision };
      const done = plotly.react(this.#host, data, layout, CONFIG);
      if (isFirst) void done.then((element) => this.#listen(element));
      done.then(this.#tell, this.#undrawable);
    } catch (error) {
      this.#undrawable(error);
    }
  }

  /** Plotly tells the hand from the program: only a person's gestures emit these. */
  #listen(element: PlotlyElement): void {
    if (this.#disposed) return;
    this.#element = element;
    element.on("plotly_relayouting", () => {
      this.#gate.hold();
      this.#moving = true;
      this.#tell();
    });
    element.on("plotly_relayout", (change) => {
      if ("autosize" in change) return;
      this.#moving = false;
      this.#gate.release();
      const bars = this.#drawn?.bars;
      if (bars === undefined) return;
      // A double click asks for the whole again.
      if (change["xaxis.autorange"] === true) return this.follow(this.window);
      const [from, to] = element._fullLayout.xaxis.range;
      this.#freeze([from, to] as [string, string], bars);
      this.#say();
      if (this.#figure !== null) this.#gate.offer(this.#figure);
      this.#tell();
    });
    this.#tell();
  }

  #freeze(x: [string, string], bars: Bars): void {
    this.#turn({ kind: "moved", x, newest: bars.walls.at(-1) ?? 0 });
  }

  #turn(event: ModeEvent): void {
    this.#mode = nextMode(this.#mode, event);
  }

  readonly #onClock = (zone: Zone): Bars => barsOf(inZone(this.#figure as Figure, zone));

  #redraw(): void {
    if (this.#figure !== null) this.#gate.hurry(this.#figure);
  }

  #say(): void {
    const bars = this.#drawn?.bars;
    if (bars === undefined || this.#mode.kind !== "frozen") return;
    const [from, to] = bounds(this.#mode.x).map((wall) => instantAt(bars, wall));
    this.#options.onMoved?.({ from: from as number, to: to as number });
  }

  readonly #tell = (): void => {
    if (this.#disposed || this.#element === null || this.#drawn === null) return;
    const { figure, bars } = this.#drawn;
    const newest =
      this.#newest === null ? bars : barsOf(inZone(this.#newest, this.#looks.settings.zone));
    const seen: ViewMode = this.#looks.settings.paused
      ? { kind: "frozen", x: ["", ""], y: null, newest: bars.walls.at(-1) ?? 0 }
      : this.#mode;
    this.#options.onScene({
      ...measure(this.#element),
      key: this.#key,
      figure,
      bars,
      mode: this.#mode,
      newBars: newBars(seen, newest),
      moving: this.#moving,
      pace: { draw: this.#gate.drawMs, every: this.#gate.interval },
    });
  };

  #resize(): void {
    if (this.#drawn === null) return;
    // Refused while the element is not displayed; the next observation comes when it is.
    this.#plotly?.Plots.resize(this.#host).then(this.#tell, () => {});
  }

  #fail(sentence: string): void {
    if (!this.#disposed) this.#options.onFailure(sentence);
  }

  readonly #undrawable = (error: unknown): void => {
    console.error(error);
    this.#fail("This figure could not be drawn.");
  };

  readonly #wake = (): void => this.#gate.wake();
}
