/** Behind nginx, with the configuration that figcast ships. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, moves } from "./support/chart.ts";
import { Child } from "./support/children.ts";
import { test as base } from "./support/fixtures.ts";
import { Nginx } from "./support/nginx.ts";
import { freePort } from "./support/ports.ts";
import { Server, type ServerOptions } from "./support/server.ts";
import { site } from "./support/stub.ts";

/** nginx, and a figcast behind it that can be stopped and started again. */
class Behind {
  readonly nginx: Nginx;
  readonly #port: number;
  server: Server;

  private constructor(nginx: Nginx, port: number, server: Server) {
    this.nginx = nginx;
    this.#port = port;
    this.server = server;
  }

  static async start(options: ServerOptions = {}): Promise<Behind> {
    const port = await freePort();
    const nginx = await Nginx.start(port);
    return new Behind(nginx, port, await Server.start({ ...options, port }));
  }

  get url(): string {
    return this.nginx.url;
  }

  async restart(): Promise<void> {
    this.server = await Server.start({ port: this.#port });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.nginx.stop();
  }
}

const test = base.extend("behind", ({ stopping }) => {
  return (options?: ServerOptions) => stopping(Behind.start(options));
});

const OUTAGE = /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/;
const STREAM = ["-H", "Accept: text/event-stream"];

/** When each event of a stream arrives, by its id. */
async function arrivals(url: string, count: number): Promise<Map<string, number>> {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  const seen = new Map<string, number>();
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (const [, id] of text.matchAll(/^id: (.+)\ndata: .+\n\n/gm)) {
      if (id !== undefined && !seen.has(id)) seen.set(id, performance.now());
    }
    if (seen.size >= count) break;
  }
  stop.abort();
  return seen;
}

describe("the page behind nginx", () => {
  /** Marks the page's memory: a reload would lose it. */
  const mark = (page: Page) => page.evaluate(() => Reflect.set(window, "marked", true));
  const isMarked = (page: Page) => page.evaluate(() => Reflect.get(window, "marked") === true);

  test.for([
    ["a crash", "kill"],
    ["an orderly stop", "stop"],
  ] as const)(
    "outlives %s of the server and comes back by itself",
    async ([, end], { behind, visit }) => {
      const proxied = await behind();
      const page = await visit(proxied.url, { expected: OUTAGE });
      await becomes(page, "connection", "live");
      await moves(page);
      await mark(page);
      let retries = 0;
      page.on("response", (response) => {
        if (/\/stream[/?]/.test(response.url()) && response.ok()) retries += 1;
      });
      const states = await page.evaluateHandle(() => {
        const chip = document.querySelector("[data-testid=connection]");
        const seen: (string | null)[] = [];
        const note = () => seen.push(chip?.getAttribute("data-state") ?? null);
        if (chip !== null)
          new MutationObserver(note).observe(chip, { attributeFilter: ["data-state"] });
        return seen;
      });
      await proxied.server[end]();
      await becomes(page, "connection", "reconnecting");
      // nginx answers for figcast meanwhile, and the page does not take that for a live stream.
      await expect.poll(() => retries, DEADLINE).toBeGreaterThan(1);
      expect(await states.jsonValue()).toEqual(["reconnecting"]);
      await becomes(page, "panel", "chart");
      await proxied.restart();
      await becomes(page, "connection", "live");
      await moves(page);
      await becomes(page, "data", "fresh");
      expect(await isMarked(page)).toBe(true);
    },
  );

  test("of another site comes back as well", async ({ behind, stopping, visit }) => {
    const proxied = await behind();
    const { url } = await stopping(
      site(`new EventSource("${proxied.url}/stream/AAPL").onmessage =
        e => Plotly.react("chart", JSON.parse(e.data))`),
    );
    const page = await visit(url, {
      expected: new RegExp(`${OUTAGE.source}|^request to ${proxied.url}/`),
    });
    let retries = 0;
    page.on("response", (response) => {
      if (/\/stream[/?]/.test(response.url()) && response.ok()) retries += 1;
    });
    await drawn(page);
    await proxied.server.kill();
    await expect.poll(() => retries, DEADLINE).toBeGreaterThan(0);
    await proxied.restart();
    const before = retries;
    await expect.poll(() => retries, DEADLINE).toBeGreaterThan(before);
    await moves(page);
  });
});

describe("HTTP/2", () => {
  /** More than the connections that a browser opens to a server on HTTP/1.1. */
  const MANY = 8;
  /** When an interface of the machine changes, Chromium drops all of HTTP/2, and streams come back. */
  const SECURE = { ignoreHTTPSErrors: true, expected: /ERR_NETWORK_CHANGED/ };

  test("carries more streams than a browser has connections", async ({ behind, visit }) => {
    const { nginx } = await behind();
    const page = await visit(`${nginx.secureUrl}/chart/AAPL`, SECURE);
    await drawn(page);
    const heard = await page.evaluate(async (count) => {
      const figures = (source: EventSource) =>
        new Promise<number>((resolve) => {
          let seen = 0;
          source.onmessage = () => {
            seen += 1;
            if (seen === 3) resolve(seen);
          };
        });
      const sources = Array.from({ length: count }, (_, n) => new EventSource(`/stream/H${n}`));
      const all = await Promise.all(sources.map(figures));
      for (const source of sources) source.close();
      return all;
    }, MANY);
    expect(heard).toEqual(Array(MANY).fill(3));
    const protocols = await page.evaluate(() => {
      const pages = performance.getEntriesByType("navigation");
      const entries = [...pages, ...performance.getEntriesByType("resource")];
      return entries.map((entry) => (entry as PerformanceResourceTiming).nextHopProtocol);
    });
    expect([...new Set(protocols)]).toEqual(["h2"]);
  });

  test("has tabs that share their stream", async ({ behind, visit }) => {
    const { nginx, server } = await behind();
    const first = await visit(`${nginx.secureUrl}/chart/AAPL`, SECURE);
    const tabs = [first];
    for (let tab = 1; tab < MANY; tab += 1) {
      const page = await first.context().newPage();
      await page.goto(`${nginx.secureUrl}/chart/TAB${tab}`);
      tabs.push(page);
    }
    for (const page of tabs) {
      await moves(page);
      await becomes(page, "connection", "live");
    }
    await expect.poll(() => server.metric("figcast_streams"), DEADLINE).toBe(1);
  });
});

describe("nginx", () => {
  test("passes every event on at once", async ({ behind }) => {
    const proxied = await behind();
    const [direct, through] = await Promise.all([
      arrivals(`${proxied.server.url}/stream/AAPL`, 5),
      arrivals(`${proxied.url}/stream/AAPL`, 5),
    ]);
    const delays = [...through].flatMap(([id, at]) => {
      const first = direct.get(id);
      return first === undefined ? [] : [at - first];
    });
    expect(delays.length).toBeGreaterThan(2);
    expect(Math.max(...delays)).toBeLessThan(1_000);
  });

  test("tells figcast when a reader has left, and where each came from", async ({ behind }) => {
    const proxied = await behind({ env: { FIGCAST_HUB__STREAMS_PER_ADDRESS: "1" } });
    const read = (from: string) =>
      new Child("curl", ["-sSN", ...STREAM, "--interface", from, `${proxied.url}/stream/AAPL`]);
    const streams = () => proxied.server.metric("figcast_streams");
    const first = read("127.0.0.2");
    await first.until(({ stdout }) => /^id: /m.exec(stdout));
    const second = read("127.0.0.2");
    expect(await second.exited(), second.stderr).toBe(0);
    expect(second.stdout).toMatch(/^retry: \d+\nevent: status\ndata: {.*"state":"busy".*}\n\n$/);
    const other = read("127.0.0.3");
    await other.until(({ stdout }) => /^id: /m.exec(stdout));
    expect(await streams()).toBe(2);
    first.signal("SIGTERM");
    other.signal("SIGTERM");
    await expect.poll(streams, DEADLINE).toBe(0);
  });

  test("passes figcast's own refusals on and keeps its counters to itself", async ({ behind }) => {
    const proxied = await behind({ env: { FIGCAST_HUB__STREAMS: "1" } });
    const unknown = await fetch(`${proxied.url}/stream/NOPE1`);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ status: 404, title: "Not Found" });
    const reader = new Child("curl", ["-sSN", `${proxied.url}/stream/AAPL`]);
    await reader.until(({ stdout }) => /^id: /m.exec(stdout));
    // Not an EventSource, so it can be told the truth.
    const full = await fetch(`${proxied.url}/stream/AAPL`, { headers: { Accept: "*/*" } });
    expect(full.status).toBe(503);
    expect(full.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await fetch(`${proxied.url}/metrics`)).status).toBe(404);
    reader.signal("SIGTERM");
    await reader.exited();
  });

  test("says when to come back while figcast is away, to those who ask for events", async ({
    behind,
  }) => {
    const proxied = await behind();
    await proxied.server.kill();
    const asked = await fetch(`${proxied.url}/stream/AAPL`, {
      headers: { Accept: "text/event-stream", Origin: "https://example.org" },
    });
    expect(asked.status).toBe(200);
    expect(await asked.text()).toBe("retry: 3000\n");
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "access-control-allow-origin": "*",
    });
    for (const path of ["/stream/AAPL", "/figure/AAPL", "/"]) {
      expect((await fetch(`${proxied.url}${path}`)).status, path).toBe(502);
    }
    await proxied.restart();
    expect((await fetch(`${proxied.url}/figure/AAPL`)).status).toBe(200);
  });
});
