/** One connection of a stream: opens an EventSource and reads what comes. */
import type { Figure, StreamStatus } from "./types";

export interface LineListener {
  /** Let in, which is no news yet: a proxy, too, opens a stream for a server that is away. */
  onOpen: () => void;
  onFigure: (figure: Figure, id: string) => void;
  onStatus: (status: StreamStatus) => void;
  /** The network failed; the browser tries again by itself. */
  onDrop: () => void;
  /** Any answer but 200: the browser has given up, and hides the reason. */
  onRefusal: () => void;
}

export type EventSourceType = new (url: string) => EventSource;

export class EventLine {
  readonly #source: EventSource;

  constructor(url: string, listener: LineListener, Source: EventSourceType) {
    const source = new Source(url);
    this.#source = source;
    source.onopen = () => listener.onOpen();
    // A broken event throws here and so counts as silence, not as news.
    source.onmessage = ({ data, lastEventId }: MessageEvent<string>) =>
      listener.onFigure(JSON.parse(data) as Figure, lastEventId);
    source.addEventListener("status", ({ data }: MessageEvent<string>) =>
      listener.onStatus(JSON.parse(data) as StreamStatus),
    );
    source.onerror = () =>
      source.readyState === source.CLOSED ? listener.onRefusal() : listener.onDrop();
  }

  close(): void {
    this.#source.close();
  }
}
