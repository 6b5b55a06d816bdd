/**
 * Streams in every coding, by clients that figcast did not write. The market moves only when every
 * client has the figure before: one that came late, with the next, would hold the test up for ever.
 */
import { expect } from "vitest";
import { hasFirefox, launchFirefox } from "./support/firefox.ts";
import { test as base } from "./support/fixtures.ts";
import { Market } from "./support/market.ts";
import { ReverseProxy } from "./support/proxies.ts";
import { Curl, Fetch, type Heard, ListeningSite, Plain } from "./support/readers.ts";

interface Reader {
  readonly heard: Heard;
}

const SOON = { timeout: 15_000, interval: 5 };
/** Many numbers, which make pieces that fill buffers. */
const CANDLES = "/stream/AAPL?chart=candlestick&studies=volume";

const test = base.extend("market", ({ stopping }) => {
  return () => stopping(Market.open());
});

/** Waits until all readers have heard a figure and no later one. */
async function reaches(readers: readonly Reader[], id: string | undefined): Promise<void> {
  const others = () => readers.map(({ heard }) => heard).filter(({ last }) => last !== id);
  await expect.poll(() => others().map(({ name, last }) => `${name}: ${last}`), SOON).toEqual([]);
}

/** Lets the market move `times` times, each when the readers have heard of the last. */
async function move(market: Market, { heard }: Plain, readers: readonly Reader[], times = 1) {
  for (let moved = 0; moved < times; moved += 1) {
    const count = heard.figures.length;
    market.step();
    await expect.poll(() => heard.figures.length, SOON).toBe(count + 1);
    await reaches(readers, heard.last);
  }
}

test("every client hears every figure when it is drawn, directly and through nginx", async ({
  browser,
  market: open,
  start,
  stopping,
}) => {
  const market = await open();
  const { args, env } = market.settings;
  const server = await start({ args, env: { ...env, FIGCAST_HUB__HEARTBEAT: "600ms" } });
  const port = Number(new URL(server.url).port);
  const nginx = await stopping(ReverseProxy.start("nginx", port));
  const old = await stopping(
    ReverseProxy.start("nginx", port, [
      ["proxy_http_version 1.1;", "proxy_http_version 1.0;"],
      ["keepalive 32;", ""],
    ]),
  );
  const streams = Object.fromEntries(
    Object.entries({ directly: server, "through nginx": nginx, "through nginx on 1.0": old }).map(
      ([way, { url }]) => [way, `${url}/stream/AAPL`],
    ),
  );
  const each = <T>(make: (way: string, url: string) => T): T[] =>
    Object.entries(streams).map(([way, url]) => make(way, url));

  const plain = await stopping(Plain.open(`${server.url}/stream/AAPL`));
  const readers: Reader[] = [];
  /** New readers in the middle of whatever goes on. */
  const join = async (joining: readonly Reader[]) => {
    readers.push(...joining);
    await reaches(joining, plain.heard.last);
    await move(market, plain, readers, 4);
  };

  const curls = each((way, url) => new Curl(`${way}, zstd`, url, "deflate, gzip, br, zstd"));
  await join(curls);
  const older = each((way, url) => new Curl(`${way}, gzip`, url, "gzip"));
  const fetches = each((way, url) => new Fetch(way, url));
  for (const one of [...curls, ...older, ...fetches]) await stopping(Promise.resolve(one));
  await join([...older, ...fetches]);
  const chromium = await stopping(ListeningSite.open("Chromium", streams));
  const context = await browser.newContext();
  await (await context.newPage()).goto(chromium.url);
  await join(chromium.readers);
  const firefox = hasFirefox ? await launchFirefox() : null;
  const listening = await stopping(ListeningSite.open("Firefox", streams));
  if (firefox !== null) {
    await stopping(Promise.resolve({ stop: () => firefox.close() }));
    await (await firefox.newPage()).goto(listening.url);
    await join(listening.readers);
  }

  // After a silence a figure stands alone, and the next ones are deltas.
  const silent = [...curls, ...older].map((curl) => () => curl.heard);
  const comments = silent.map((heard) => heard().comments);
  await expect
    .poll(() => silent.every((heard, index) => heard().comments > (comments[index] ?? 0)), SOON)
    .toBe(true);
  await move(market, plain, readers, 35);

  expect(curls.map(({ heard }) => heard.coding)).toEqual(["zstd", "zstd", "zstd"]);
  expect(older.map(({ heard }) => heard.coding)).toEqual(["gzip", "gzip", "gzip"]);
  expect(fetches.map(({ heard }) => heard.coding)).toEqual(["gzip", "gzip", "gzip"]);
  expect(chromium.accepted).toContain("zstd");
  if (firefox !== null) expect(listening.accepted).toContain("zstd");
  for (const { heard } of readers) {
    // From the one that it began with on, none missing, none twice, all the same.
    expect(heard.figures, heard.name).toEqual(plain.heard.figures.slice(-heard.figures.length));
  }
  const numbers = plain.heard.figures.map(({ id }) => Number(id.split("-")[1]));
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  expect(await server.metric("figcast_figures_skipped_total")).toBe(0);
  for (const form of ["gzip_delta", "zstd_delta"]) {
    const deltas = await server.metric(`figcast_compressions_total{form="${form}"}`);
    // Four figures were sent before there was a client in gzip, and some stood alone.
    expect(deltas, form).toBeGreaterThan(plain.heard.figures.length - 12);
  }

  await context.close();
  await firefox?.close();
  await server.stop();
  for (const { child } of [...curls, ...older]) expect(await child.exited(), child.stderr).toBe(0);
  for (const { heard } of [...curls, ...older, ...fetches]) {
    await expect.poll(() => heard.rest, { ...SOON, message: heard.name }).toMatch(/^retry: \d+\n$/);
  }
});

test.for(["zstd", "gzip", "identity"])(
  "curl in %s that is paused goes on with the newest figure and misses none after it",
  async (coding, { market: open, start, stopping }) => {
    const market = await open();
    const server = await start(market.settings);
    const plain = await stopping(Plain.open(server.url + CANDLES));
    const curl = await stopping(
      Promise.resolve(new Curl(coding, server.url + CANDLES, `${coding}, identity;q=0.5`)),
    );
    await expect.poll(() => plain.heard.last, SOON).toBeDefined();
    await reaches([curl], plain.heard.last);
    await move(market, plain, [curl], 3);
    curl.child.signal("SIGSTOP");
    await move(market, plain, [], 100);
    curl.child.signal("SIGCONT");
    await reaches([curl], plain.heard.last);
    await move(market, plain, [curl], 3);

    const { figures } = curl.heard;
    const skipped = plain.heard.figures.length - figures.length;
    expect(skipped).toBeGreaterThan(0);
    expect(await server.metric("figcast_figures_skipped_total")).toBe(skipped);
    const positions = figures.map(({ id, hash }) =>
      plain.heard.figures.findIndex((figure) => figure.id === id && figure.hash === hash),
    );
    expect(positions).not.toContain(-1);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    await server.stop();
    expect(await curl.child.exited(), curl.child.stderr).toBe(0);
  },
);
