/** One connection of a stream: opens an EventSource and reads what comes. */
import type { Figure } from "../wire/figure";
import type { StreamStatus } from "../wire/wire.gen";

export interface LineListener {
  /** Let in, which is no news yet: a proxy, too, opens a stream for a server that is away. */
  onOpen: () => void;
  /** Once for each key that it was asked for by. */
  onFigure: (figure: Figure, key: string, id: string) => void;
  onStatus: (status: StreamStatus, key: string) => void;
  /** What the stream was opened with ends soon. */
  onEnding: () => void;
  /** The network failed; the browser tries again by itself. */
  onDrop: () => void;
  /** Any answer but 200: the browser has given up, and hides the reason. */
  onRefusal: () => void;
}

export type EventSourceType = new (url: string) => EventSource;

export class EventLine {
  readonly #source: EventSource;
  readonly #asked: readonly string[];
  /** The server's keys of what was asked for by other ones. */
  #names: Readonly<Record<string, string>> = {};

  constructor(
    url: string,
    asked: readonly string[],
    listener: LineListener,
    Source: EventSourceType,
  ) {
    const source = new Source(url);
    this.#source = source;
    this.#asked = asked;
    source.onopen = () => listener.onOpen();
    // A broken event throws here and so counts as silence, not as news.
    source.onmessage = ({ data, lastEventId }: MessageEvent<string>) => {
      const figure = JSON.parse(data) as Figure;
      for (const key of this.#askedAs(figure.layout.meta?.view)) {
        listener.onFigure(figure, key, lastEventId);
      }
    };
    source.addEventListener("status", ({ data }: MessageEvent<string>) => {
      const status = JSON.parse(data) as StreamStatus;
      for (const key of this.#askedAs(status.view)) listener.onStatus(status, key);
    });
    source.addEventListener("token", ({ data }: MessageEvent<string>) => {
      if ((JSON.parse(data) as { state: string }).state === "ending") listener.onEnding();
    });
    // The first of a connection.
    source.addEventListener("views", ({ data }: MessageEvent<string>) => {
      this.#names = JSON.parse(data) as Record<string, string>;
    });
    source.onerror = () =>
      source.readyState === source.CLOSED ? listener.onRefusal() : listener.onDrop();
  }

  close(): void {
    this.#source.close();
  }

  #askedAs(view: string | undefined): string[] {
    return this.#asked.filter((key) => (this.#names[key] ?? key) === view);
  }
}
