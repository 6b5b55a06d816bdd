/** Stand-ins for what a browser gives: an EventSource driven by hand, figures, problem answers. */
import type { Figure } from "../src/lib/wire/figure";
import type { FigureMeta, StreamStatus } from "../src/lib/wire/wire.gen";
import { aLayout, aLine, aMeta } from "./traces";

type Listener = (event: MessageEvent<string>) => void;

export class FakeEventSource {
  static opened: FakeEventSource[] = [];

  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readonly url: string;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: Listener | null = null;
  onerror: (() => void) | null = null;
  readonly #named = new Map<string, Listener>();

  constructor(url: string) {
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  static get latest(): FakeEventSource {
    const source = FakeEventSource.opened.at(-1);
    if (source === undefined) throw new Error("no stream was opened");
    return source;
  }

  addEventListener(type: "status" | "views" | "token", listener: Listener): void {
    this.#named.set(type, listener);
  }

  close(): void {
    this.readyState = this.CLOSED;
  }

  accept(): void {
    this.readyState = this.OPEN;
    this.onopen?.();
  }

  sendFigure(figure: Figure, lastEventId = ""): void {
    this.onmessage?.({ data: JSON.stringify(figure), lastEventId } as MessageEvent<string>);
  }

  sendStatus(status: StreamStatus): void {
    this.#send("status", status);
  }

  sendToken(state: "ending" | "ended"): void {
    this.#send("token", { state });
  }

  /** The server's keys of the views that were asked for by others. */
  sendViews(names: Record<string, string>): void {
    this.#send("views", names);
  }

  #send(type: string, data: unknown): void {
    this.#named.get(type)?.({ data: JSON.stringify(data) } as MessageEvent<string>);
  }

  /** The network failed; the browser will try again by itself. */
  drop(): void {
    this.readyState = this.CONNECTING;
    this.onerror?.();
  }

  /** The answer was not 200; the browser has given up. */
  refuse(): void {
    this.readyState = this.CLOSED;
    this.onerror?.();
  }
}

export function aFigure(meta: FigureMeta = aMeta()): Figure {
  const x = ["2026-08-31T14:02:00-04:00", "2026-08-31T14:03:00-04:00"];
  return {
    data: [
      aLine("baseline", x, [232, 232], { line: { width: 0 } }),
      aLine("price", x, [232.1, 232.3], {
        fill: "tonexty",
        meta: "up",
        line: { color: "lime", width: 1.8 },
      }),
    ],
    layout: aLayout({
      meta,
      title: { text: "AAPL" },
      xaxis: { type: "date", rangeslider: {} },
    }),
  };
}

export function aStatus(changes: Partial<StreamStatus> = {}): StreamStatus {
  return {
    symbol: "AAPL",
    view: "AAPL;interval=1m;range=1d;session=regular;chart=mountain;theme=dark",
    state: "live",
    since: null,
    message: null,
    session: null,
    as_of: null,
    checked: null,
    next_check: null,
    ...changes,
  };
}
