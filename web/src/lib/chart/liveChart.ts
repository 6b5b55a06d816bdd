/**
 * One live chart in one element. It holds the parts together: `DrawGate` decides when the newest figure is
 * drawn, `followMode` decides which stretch of time is shown, `drawing` makes the figure for Plotly, and
 * `PlotlyChart` draws it. A scene then tells the places of everything on the screen.
 */
import { type Bars, barsOf } from "../bars/bars";
import type { Stretch } from "../bars/stretch";
import { bounds, wallText } from "../bars/wallTime";
import type { Figure } from "../wire/figure";
import { type Appearance, isAlike, turnsOf } from "./appearance";
import { DrawGate } from "./drawGate";
import { type Drawing, drawingOf } from "./drawing";
import { barsAfter, type ModeEvent, newBars, nextMode, type ViewMode, xRange } from "./followMode";
import { readPageStyle } from "./pageStyle";
import type { FollowWindow } from "./paneSettings";
import { isWide, putAsAsked, putByHand, stretchOf, type Walls } from "./placing";
import { PlotlyChart } from "./plotlyChart";
import type { Scene } from "./scene";
import { inZone } from "./zoneShift";

export interface LiveChartOptions {
  appearance: Appearance;
  onScene: (scene: Scene) => void;
  /** Holds until the next scene. */
  onFailure: (sentence: string) => void;
  /** The reader moved to another stretch of time, in instants, or went back to the newest. */
  onMoved?: (moved: Moved | null) => void;
}

export interface Moved extends Stretch {
  /** The newest bar is out of sight: the chart stays there. */
  frozen: boolean;
}

export class LiveChart {
  readonly #host: HTMLElement;
  readonly #options: LiveChartOptions;
  readonly #gate: DrawGate<Figure>;
  readonly #chart: PlotlyChart;
  #appearance: Appearance;
  #mode: ViewMode;
  /** The stretch that the address or another chart asked for last, for bars that come later. */
  #asked: Stretch | null = null;
  #key = "";
  /** The newest figure as it came, and the one on the screen while paused. */
  #newest: Figure | null = null;
  #figure: Figure | null = null;
  /** With the key it was of then: the newest figure's may be another one. */
  #drawn: (Drawing & { key: string; revision: unknown }) | null = null;
  /** What is on the screen is not what it should be, and nothing is told of it. */
  #broken = false;
  #moving = false;
  #disposed = false;

  constructor(host: HTMLElement, options: LiveChartOptions) {
    this.#host = host;
    this.#options = options;
    this.#appearance = options.appearance;
    this.#mode = { kind: "follow", window: this.window, width: null };
    this.#gate = new DrawGate<Figure>({
      draw: (figure) => this.#draw(figure),
      canDraw: () => this.#chart.isReady && !document.hidden,
    });
    this.#chart = new PlotlyChart(host, {
      onReady: this.#wake,
      onMissing: () =>
        this.#fail("The chart library could not be loaded. Reload the page to try again."),
      onGrab: () => this.#grab(),
      onLetGo: (x) => this.#letGo(x),
      onResize: this.#tell,
    });
    document.addEventListener("visibilitychange", this.#wake);
  }

  get window(): FollowWindow {
    return this.#appearance.settings.window;
  }

  /** `key` names what the figure is of: the figure of another key is shown even while paused. */
  show(figure: Figure, key: string): void {
    const isOther = key !== this.#key;
    this.#key = key;
    this.#newest = figure;
    if (isOther || !this.#appearance.settings.paused || this.#figure === null) {
      this.#figure = figure;
      this.#gate.offer(figure);
    } else {
      this.#tell();
    }
  }

  /** Takes what the reader chose. */
  dress(appearance: Appearance): void {
    const before = this.#appearance;
    if (isAlike(before, appearance)) return;
    this.#appearance = appearance;
    for (const turn of turnsOf(before, appearance, this.#figure)) this.#turn(turn);
    if (!appearance.settings.paused) this.#figure = this.#newest;
    this.#redraw();
  }

  /** Back to the newest bars; quietly, if another chart asked for it. */
  follow(window: FollowWindow, quiet = false): void {
    this.#asked = null;
    this.#turn({ kind: "live", window });
    if (!quiet) this.#options.onMoved?.(null);
    this.#redraw();
  }

  /** The stretch that the next draw shows, in places on the axis; the one on the screen may be older. */
  get aim(): Stretch | null {
    if (this.#drawn === null) return null;
    const [from, to] = bounds(xRange(this.#mode, this.#drawn.bars));
    return { from, to };
  }

  /** Shows another stretch of time, in places on the axis. */
  moveTo(from: number, to: number): void {
    const bars = this.#drawn?.bars;
    if (bars === undefined || !isWide(bars, from, to)) return;
    this.#place(bars, [wallText(from), wallText(to)]);
    this.#redraw();
  }

  /** The same in instants, as the address or another chart tells it. */
  moveToInstants(stretch: Stretch): void {
    this.#asked = stretch;
    if (this.#drawn === null) return;
    this.#goWhereAsked(this.#drawn.bars);
    this.#redraw();
  }

  dispose(): void {
    this.#disposed = true;
    this.#gate.dispose();
    this.#chart.dispose();
    document.removeEventListener("visibilitychange", this.#wake);
  }

  #draw(served: Figure): void {
    // Another symbol, interval or range has other times: what was looked at is not there.
    const { uirevision: revision } = served.layout;
    try {
      if (this.#drawn?.revision !== revision) {
        this.#turn({ kind: "live", window: this.window });
        this.#goWhereAsked(barsOf(inZone(served, this.#appearance.settings.zone)));
      }
      const drawing = drawingOf(served, this.#mode, this.#appearance, readPageStyle(this.#host));
      this.#turn({ kind: "fitted", y: drawing.y });
      this.#drawn = { ...drawing, key: this.#key, revision };
      this.#chart.draw(drawing.dressed).then(this.#drew, this.#undrawable);
    } catch (error) {
      this.#undrawable(error);
    }
  }

  #redraw(): void {
    if (this.#figure !== null) this.#gate.hurry(this.#figure);
  }

  #grab(): void {
    this.#gate.hold();
    this.#moving = true;
    this.#tell();
  }

  #letGo(x: [string, string] | null): void {
    this.#moving = false;
    this.#gate.release();
    if (x === null) {
      this.follow(this.window);
      return;
    }
    if (this.#drawn !== null) this.#place(this.#drawn.bars, x);
    if (this.#figure !== null) this.#gate.offer(this.#figure);
    this.#tell();
  }

  /** Goes to a stretch of time by the reader's wish, and says so. */
  #place(bars: Bars, wish: Walls): void {
    const x = putByHand(bars, wish);
    this.#asked = null;
    this.#turn({ kind: "moved", x, bars, window: this.window });
    this.#options.onMoved?.({ ...stretchOf(bars, x), frozen: this.#mode.kind === "frozen" });
  }

  #goWhereAsked(bars: Bars): void {
    const x = this.#asked === null ? null : putAsAsked(bars, this.#asked);
    if (x !== null) this.#turn({ kind: "moved", x, bars, window: this.window });
  }

  #turn(event: ModeEvent): void {
    this.#mode = nextMode(this.#mode, event);
  }

  readonly #tell = (): void => {
    const measured = this.#chart.measured();
    if (measured === null || this.#drawn === null || this.#broken) return;
    const { key, figure, bars } = this.#drawn;
    this.#options.onScene({
      ...measured,
      key,
      figure,
      bars,
      mode: this.#mode,
      newBars: this.#countNew(bars),
      moving: this.#moving,
      pace: { draw: this.#gate.drawMs, every: this.#gate.interval },
    });
  };

  /** Bars that have begun since the chart was frozen, or, paused, since the newest on the screen. */
  #countNew(shown: Bars): number {
    const { zone, paused } = this.#appearance.settings;
    const newest = this.#newest === null ? shown : barsOf(inZone(this.#newest, zone));
    return paused ? barsAfter(shown.walls.at(-1) ?? 0, newest) : newBars(this.#mode, newest);
  }

  #fail(sentence: string): void {
    if (!this.#disposed) this.#options.onFailure(sentence);
  }

  readonly #drew = (): void => {
    this.#broken = false;
    this.#tell();
  };

  readonly #undrawable = (error: unknown): void => {
    this.#broken = true;
    console.error(error);
    this.#fail("This figure could not be drawn.");
  };

  readonly #wake = (): void => this.#gate.wake();
}
