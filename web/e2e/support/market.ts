/** A data provider whose prices are other ones whenever a test says so, and the same until then. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerOptions } from "./server.ts";
import { type Stub, stub } from "./stub.ts";

const MINUTE = 60;
const BARS = 390;
/** Minutes since the last bar: after an hour figures say no more by how much they are late. */
const AGE = 120;

/** Numbers from 0 to 1 that look random and are the same for the same seed. */
function* noise(seed: number): Generator<number, never> {
  let state = seed + 1;
  for (;;) {
    // A linear congruential generator of 32 bits.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** A day of bars that compress badly, in the words of Yahoo's chart endpoint; the last `moving` change. */
function chart(start: number, step: number, moving: number): string {
  const [still, random] = [noise(0), noise(step)];
  const times = Array.from({ length: BARS }, (_, index) => start + index * MINUTE);
  const column = (value: (random: number) => number) =>
    times.map((_, index) => {
      const [old, now] = [still.next().value, random.next().value];
      return value(index < BARS - moving ? old : now);
    });
  const cents = (from: number) => (random: number) => Math.round((from + random) * 1e4) / 100;
  const prices = (from: number) => column(cents(from));
  const [open, high, low, close] = [prices(2), prices(3), prices(1), prices(2)];
  const volume = column((random) => Math.round(random * 1e9));
  const regular = { start, end: start + (BARS + 2 * AGE) * MINUTE };
  const meta = {
    currency: "USD",
    instrumentType: "EQUITY",
    gmtoffset: 0,
    exchangeTimezoneName: "UTC",
    regularMarketTime: times.at(-1),
    regularMarketPrice: close.at(-1),
    previousClose: 100,
    priceHint: 2,
    currentTradingPeriod: { regular },
    tradingPeriods: [[regular]],
    dataGranularity: "1m",
  };
  const result = [
    { meta, timestamp: times, indicators: { quote: [{ open, high, low, close, volume }] } },
  ];
  return JSON.stringify({ chart: { result, error: null } });
}

export class Market {
  readonly #start = Math.floor(Date.now() / 1_000 / MINUTE - BARS - AGE) * MINUTE;
  #step = 0;
  readonly #moving: number;
  #stub: Stub | undefined;

  private constructor(moving: number) {
    this.#moving = moving;
  }

  /** A market of which so many bars, the last ones, move. */
  static async open(moving = BARS): Promise<Market> {
    const market = new Market(moving);
    market.#stub = await stub((request, response) => market.#answer(request, response));
    return market;
  }

  #answer(_: IncomingMessage, response: ServerResponse): void {
    response
      .setHeader("content-type", "application/json")
      .end(chart(this.#start, this.#step, this.#moving));
  }

  /** What makes a server look here, all the time and at everything. */
  get settings(): Required<Pick<ServerOptions, "args" | "env">> {
    return {
      args: ["--source", "yahoo", "--yahoo-base-url", this.#stub?.url ?? ""],
      env: {
        FIGCAST_YAHOO__POLL: "20ms",
        FIGCAST_YAHOO__REQUEST_RATE: "100",
        FIGCAST_HUB__REFRESH: "1ms",
      },
    };
  }

  step(): void {
    this.#step += 1;
  }

  async stop(): Promise<void> {
    await this.#stub?.stop();
  }
}
