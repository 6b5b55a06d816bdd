/**
 * Behind every proxy that figcast ships a configuration for. All of them stand in front of one figcast,
 * so that what takes time, such as its restart, is waited for once.
 */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { DEADLINE } from "./support/chart.ts";
import { Child } from "./support/children.ts";
import { test as base } from "./support/fixtures.ts";
import { Market } from "./support/market.ts";
import { freePort } from "./support/ports.ts";
import { hasProxy, PROXIES, type ProxyName, ReverseProxy } from "./support/proxies.ts";
import { Curl, type Heard, Plain } from "./support/readers.ts";
import { Server, type ServerOptions } from "./support/server.ts";

const NAMES = (Object.keys(PROXIES) as ProxyName[]).filter((name) => {
  const here = hasProxy(name);
  if (!here) console.warn(`${name} is not there: its tests are left out (see tests/tools.sh)`);
  return here;
});

/** A market that moves on demand, figcast, and all proxies in front of it. */
class Front {
  readonly market: Market;
  readonly #port: number;
  readonly #proxies: ReadonlyMap<ProxyName, ReverseProxy>;
  server: Server;

  private constructor(market: Market, port: number, server: Server, proxies: ReverseProxy[]) {
    this.market = market;
    this.#port = port;
    this.server = server;
    this.#proxies = new Map(proxies.map((proxy) => [proxy.name, proxy]));
  }

  static async start(): Promise<Front> {
    const [market, port] = [await Market.open(), await freePort()];
    const proxies = await Promise.all(NAMES.map((name) => ReverseProxy.start(name, port)));
    const server = await Server.start({ ...market.settings, port });
    return new Front(market, port, server, proxies);
  }

  url(name: ProxyName): string {
    return this.#proxies.get(name)?.url ?? "";
  }

  /** Starts figcast again after its end. */
  async restart({ env = {} }: ServerOptions = {}): Promise<void> {
    const { args, env: settings } = this.market.settings;
    this.server = await Server.start({ args, env: { ...settings, ...env }, port: this.#port });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    for (const proxy of this.#proxies.values()) await proxy.stop();
    await this.market.stop();
  }
}

// biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
const test = base.extend("front", { scope: "file" }, async ({}, { onCleanup }) => {
  const front = await Front.start();
  onCleanup(() => front.stop());
  return front;
});

const SOON = { timeout: 15_000, interval: 2 };
const STREAM = ["-H", "Accept: text/event-stream"];
/** With many numbers, which make pieces that fill buffers. */
const CANDLES = "/stream/AAPL?chart=candlestick&studies=volume";

interface Reader {
  readonly heard: Heard;
}

/** Lets the market move, and tells in milliseconds how much later than `plain` each reader hears it. */
async function delays(market: Market, { heard }: Plain, readers: readonly Reader[]) {
  const count = heard.figures.length;
  market.step();
  await expect.poll(() => heard.figures.length, SOON).toBe(count + 1);
  const began = performance.now();
  return Promise.all(
    readers.map(async (reader) => {
      await expect.poll(() => reader.heard.last, SOON).toBe(heard.last);
      return performance.now() - began;
    }),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test.for(NAMES)(
  "%s passes every event on at once, in the coding that figcast chose",
  async (name, { front, stopping }) => {
    const { market, server } = front;
    const plain = await stopping(Plain.open(server.url + CANDLES));
    const through = front.url(name) + CANDLES;
    const identity = await stopping(Plain.open(through));
    const curls = ["gzip", "zstd"].map((coding) => new Curl(coding, through, coding));
    for (const curl of curls) await stopping(Promise.resolve(curl));
    const readers: Reader[] = [identity, ...curls];
    await expect.poll(() => plain.heard.last, SOON).toBeDefined();
    for (const reader of readers) {
      await expect.poll(() => reader.heard.last, SOON).toBe(plain.heard.last);
    }
    const rounds: number[][] = [];
    for (let round = 0; round < 9; round += 1) rounds.push(await delays(market, plain, readers));

    expect(curls.map(({ heard }) => heard.coding)).toEqual(["gzip", "zstd"]);
    for (const [index, { heard }] of readers.entries()) {
      expect(heard.figures, heard.name).toEqual(plain.heard.figures.slice(-heard.figures.length));
      // A kernel that waits for more would add 200 ms to each.
      expect(median(rounds.map((round) => round[index] ?? Number.NaN))).toBeLessThan(150);
    }
  },
);

test.for(NAMES)(
  "%s keeps figcast's counters to itself, however they are asked for",
  async (name, { front }) => {
    const asked = async (origin: string, path: string) => {
      const curl = new Child("curl", ["-sS", "--path-as-is", `${origin}${path}`]);
      expect(await curl.exited(), curl.stderr).toBe(0);
      return curl.stdout;
    };
    expect(await asked(front.server.url, "/%6detrics")).toContain("figcast_streams");
    const spelled = ["/metrics", "/metrics?a=b", "/metrics/", "//metrics", "/./metrics"];
    const hidden = [
      "/%6detrics",
      "/%4Detrics",
      "/metric%73",
      "/healthz/../metrics",
      "/%2e/metrics",
    ];
    for (const path of [...spelled, ...hidden]) {
      expect(await asked(front.url(name), path), path).not.toContain("figcast_streams");
    }
    expect(await asked(front.url(name), "/healthz")).not.toBe("");
  },
);

test.for(NAMES)("%s passes figcast's own refusals on as they are", async (name, { front }) => {
  const accepted = { headers: { Accept: "text/event-stream" } };
  const invalid = await fetch(`${front.url(name)}/stream/AAPL?range=never`, accepted);
  expect(invalid.status).toBe(400);
  expect(await invalid.json()).toMatchObject({ status: 400, title: "Bad Request" });
});

test("every proxy tells figcast when a reader has left, and where each came from", async ({
  front,
}) => {
  await front.server.stop();
  await front.restart({ env: { FIGCAST_HUB__STREAMS_PER_ADDRESS: "1" } });
  const streams = () => front.server.metric("figcast_streams");
  const read = (name: ProxyName, from: string, args: readonly string[] = []) => {
    const address = `${front.url(name)}/stream/AAPL`;
    return new Child("curl", ["-sSN", ...STREAM, ...args, "--interface", from, address]);
  };
  const open: Child[] = [];
  for (const [index, name] of NAMES.entries()) {
    const [one, other] = [`127.0.1.${index + 1}`, `127.0.2.${index + 1}`];
    const first = read(name, one);
    await first.until(({ stdout }) => /^id: /m.exec(stdout));
    const second = read(name, one, ["-H", "X-Forwarded-For: 192.0.2.1"]);
    expect(await second.exited(), `${name}: ${second.stderr}`).toBe(0);
    expect(second.stdout, name).toMatch(/"state":"busy"/);
    // Not an EventSource, so it can be told the truth.
    const plain = new Child("curl", ["-sSi", "--interface", one, `${front.url(name)}/stream/AAPL`]);
    expect(await plain.exited(), `${name}: ${plain.stderr}`).toBe(0);
    expect(plain.stdout, name).toMatch(/^HTTP\/1\.1 503 .*^retry-after: \d+\r$/ims);
    const third = read(name, other);
    await third.until(({ stdout }) => /^id: /m.exec(stdout));
    open.push(first, third);
  }
  expect(await streams()).toBe(2 * NAMES.length);
  for (const child of open) child.signal("SIGTERM");
  // A proxy may notice only when it has something to write.
  front.market.step();
  await expect.poll(streams, DEADLINE).toBe(0);
  await front.server.stop();
  await front.restart();
});

/** Listens in a page that has nothing else, and counts. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const source = new EventSource("/stream/AAPL");
    const seen = { figures: 0, opened: 0, closed: false };
    source.onmessage = () => {
      seen.figures += 1;
    };
    source.onopen = () => {
      seen.opened += 1;
    };
    source.onerror = () => {
      seen.closed ||= source.readyState === EventSource.CLOSED;
    };
    Reflect.set(window, "seen", seen);
  });
}

interface Seen {
  figures: number;
  opened: number;
  closed: boolean;
}

/** A reload would have lost it. */
function seen(page: Page): Promise<Seen> {
  return page.evaluate(() => Reflect.get(window, "seen"));
}

const OUTAGE =
  /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|status of 404/;

test("an open EventSource outlives a crash and an orderly stop of figcast behind every proxy", {
  timeout: 120_000,
}, async ({ front, visit }) => {
  const pages: [ProxyName, Page][] = [];
  for (const name of NAMES) {
    const page = await visit(`${front.url(name)}/healthz`, { expected: OUTAGE });
    await listen(page);
    pages.push([name, page]);
  }
  const all = async (has: (now: Seen, name: ProxyName) => boolean) => {
    const missing = async () => {
      const now = await Promise.all(
        pages.map(async ([name, page]) => [name, await seen(page)] as const),
      );
      return now.filter(([name, one]) => one.closed || !has(one, name));
    };
    await expect.poll(missing, DEADLINE).toEqual([]);
  };
  await all(({ figures }) => figures > 0);
  for (const end of ["kill", "stop"] as const) {
    const before = new Map(
      await Promise.all(pages.map(async ([name, page]) => [name, await seen(page)] as const)),
    );
    const had = (name: ProxyName) => before.get(name) ?? { figures: 0, opened: 0 };
    await front.server[end]();
    // The proxy answers for figcast meanwhile.
    await all(({ opened }, name) => opened > had(name).opened);
    await front.restart();
    await all(({ figures }, name) => figures > had(name).figures);
  }
});

test("every proxy says when to come back while figcast is away, to those who ask for events", async ({
  front,
}) => {
  await front.server.kill();
  for (const name of NAMES) {
    for (const path of ["/stream/AAPL", "/stream?view=AAPL&view=MSFT"]) {
      const asked = await fetch(front.url(name) + path, {
        headers: { Accept: "text/event-stream", Origin: "https://example.org" },
      });
      expect(asked.status, name).toBe(200);
      expect(await asked.text(), name).toBe("retry: 3000\n");
      expect(Object.fromEntries(asked.headers), name).toMatchObject({
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "access-control-allow-origin": "*",
      });
    }
    for (const path of ["/stream/AAPL", "/figure/AAPL", "/"]) {
      const { status } = await fetch(front.url(name) + path);
      expect([502, 503], `${name} ${path}`).toContain(status);
    }
  }
  await front.restart();
  for (const name of NAMES) {
    const answered = async () => (await fetch(`${front.url(name)}/figure/AAPL`)).status;
    await expect.poll(answered, { ...DEADLINE, message: name }).toBe(200);
  }
});
