/**
 * A market that moves when a test says so. The page's EventSource is replaced by one that asks the
 * real server for one figure a view, and from then on makes up the news: every tick another last
 * price, every few ticks a new bar. What the page draws is what a server would have sent.
 */
import type { Page } from "playwright-core";

export interface ScriptOptions {
  /** How many times faster than ours the page's own clock runs, so that an hour fits into a minute. */
  speed?: number;
}

interface Scripted {
  figure: ScriptedFigure;
  deliver: () => void;
}

interface ScriptedTrace {
  uid: string;
  type: string;
  x: string[];
  [column: string]: unknown;
}

interface ScriptedFigure {
  data: ScriptedTrace[];
  layout: { meta: { view: string; quote: Quote } };
}

interface Quote {
  last: number;
  /** How often it has moved. */
  step?: number;
  asOf: string;
}

declare global {
  var figcastScript: Scripted[];
}

/** Call before the page is opened. */
export async function installScript(page: Page, { speed = 1 }: ScriptOptions = {}): Promise<void> {
  await page.addInitScript((times: number) => {
    globalThis.figcastScript = [];
    const [now, later] = [performance.now.bind(performance), globalThis.setTimeout];
    performance.now = () => now() * times;
    globalThis.setTimeout = ((call: TimerHandler, delay = 0, ...rest: unknown[]) =>
      later(call, delay / times, ...rest)) as typeof setTimeout;

    class ScriptedEventSource extends EventTarget {
      readonly CONNECTING = 0;
      readonly OPEN = 1;
      readonly CLOSED = 2;
      readyState = 0;
      readonly names: Record<string, string> = {};
      onopen: (() => void) | null = null;
      onmessage: ((event: { data: string; lastEventId: string }) => void) | null = null;
      onerror: (() => void) | null = null;

      constructor(url: string) {
        super();
        const keys = new URL(url, location.href).searchParams.getAll("view");
        void Promise.all(keys.map((key) => this.begin(key)));
      }

      async begin(key: string): Promise<void> {
        const [symbol = "", ...options] = key.split(";");
        const path = `/figure/${encodeURIComponent(symbol)}?${options.join("&")}`;
        let response = await fetch(path);
        // A server that has much to do says so, and has the figure a moment later.
        while (!response.ok) {
          await new Promise((resolve) => later(resolve, 500));
          response = await fetch(path);
        }
        const figure = (await response.json()) as ScriptedFigure;
        this.readyState = 1;
        this.onopen?.();
        this.names[key] = figure.layout.meta.view;
        this.dispatchEvent(new MessageEvent("views", { data: JSON.stringify(this.names) }));
        const deliver = () =>
          this.readyState === 1 &&
          this.onmessage?.({ data: JSON.stringify(figure), lastEventId: "" });
        globalThis.figcastScript.push({ figure, deliver });
        deliver();
      }

      close(): void {
        this.readyState = 2;
      }
    }
    Reflect.set(globalThis, "EventSource", ScriptedEventSource);
  }, speed);
}

export interface Market {
  ticks: number;
  /** Milliseconds of our own clock between two. */
  every: number;
  /** Ticks that a bar takes. */
  bar: number;
}

/** Lets the market move; answers the last price when it has. */
export function move(page: Page, { ticks, every, bar }: Market): Promise<number> {
  return page.evaluate(
    async ([count, wait, length]) => {
      const COLUMNS = ["x", "y", "open", "high", "low", "close"];
      const started = Date.now();
      for (let tick = 0; tick < count; tick += 1) {
        const quotes = new Map<string, Quote>();
        for (const { figure, deliver } of globalThis.figcastScript) {
          tickOnce(figure, tick, quotes);
          deliver();
        }
        const due = started + (tick + 1) * wait - Date.now();
        if (due > 0) await new Promise((resolve) => requestTimeout(resolve, due));
      }
      const chart = globalThis.figcastScript.find(
        ({ figure }) => !figure.layout.meta.view.includes("chart=spark"),
      );
      return chart?.figure.layout.meta.quote.last ?? Number.NaN;

      /** The page's clock may be faster than ours. */
      function requestTimeout(call: (value: unknown) => void, milliseconds: number): void {
        const channel = new MessageChannel();
        const until = Date.now() + milliseconds;
        channel.port1.onmessage = () => {
          if (Date.now() >= until) {
            channel.port1.close();
            call(null);
          } else requestAnimationFrame(() => channel.port2.postMessage(null));
        };
        channel.port2.postMessage(null);
      }

      function tickOnce(
        { data, layout }: ScriptedFigure,
        tick: number,
        quotes: Map<string, Quote>,
      ): void {
        const [symbol = ""] = layout.meta.view.split(";");
        // All figures of a symbol have one price, as a server's have.
        const quote = quotes.get(symbol) ?? next(layout.meta.quote);
        quotes.set(symbol, quote);
        Object.assign(layout.meta.quote, quote);
        if (tick % length === length - 1) for (const trace of data) append(trace);
        for (const trace of data.filter(({ uid }) => uid === "price" || uid === "forming")) {
          const column = (trace.close ?? trace.y) as number[];
          if (trace.uid === "price" && data.some(({ uid }) => uid === "forming")) continue;
          column[column.length - 1] = quote.last;
        }
      }

      /** Never twice the same, never far away, and the same in every run. */
      function next({ last, step = 0, asOf }: Quote): Quote {
        return {
          last: Math.round((last + Math.sin((step + 1) * 1.7) * 0.05) * 100) / 100,
          step: step + 1,
          asOf: new Date(Date.parse(asOf) + 1_000).toISOString(),
        };
      }

      /** One more bar, the same as the last, and the first one gone. */
      function append(trace: ScriptedTrace): void {
        if (trace.uid === "baseline") return;
        for (const name of COLUMNS) {
          const column = trace[name] as (string | number)[] | undefined;
          if (column === undefined) continue;
          const last = column.at(-1) as string | number;
          column.push(name === "x" ? nextMinute(String(last)) : last);
          column.shift();
        }
      }

      function nextMinute(stamp: string): string {
        const wall = Date.parse(`${stamp.slice(0, 19)}Z`) + 60_000;
        return `${new Date(wall).toISOString().slice(0, 19)}${stamp.slice(19)}`;
      }
    },
    [ticks, every, bar] as const,
  );
}

/** Waits until the market has moved as often as that since now. */
export async function passes(page: Page, ticks: number): Promise<void> {
  const step = () => globalThis.figcastScript[0]?.figure.layout.meta.quote.step ?? 0;
  const due = (await page.evaluate(step)) + ticks;
  await page.waitForFunction(
    (until) => (globalThis.figcastScript[0]?.figure.layout.meta.quote.step ?? 0) >= until,
    due,
  );
}
