/** Behind nginx, with the configuration that figcast ships. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { becomes, DEADLINE, drawn, moves } from "./support/chart.ts";
import { test as base } from "./support/fixtures.ts";
import { SecureNginx } from "./support/nginx.ts";
import { freePort } from "./support/ports.ts";
import { Server, type ServerOptions } from "./support/server.ts";
import { site } from "./support/stub.ts";

/** nginx, and a figcast behind it that can be stopped and started again. */
class Behind {
  readonly nginx: SecureNginx;
  readonly #port: number;
  server: Server;

  private constructor(nginx: SecureNginx, port: number, server: Server) {
    this.nginx = nginx;
    this.#port = port;
    this.server = server;
  }

  static async start(options: ServerOptions = {}): Promise<Behind> {
    const port = await freePort();
    const nginx = await SecureNginx.start(port);
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
