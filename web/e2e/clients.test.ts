/** Clients that figcast did not write: curl, an EventSource for Node, and the browser's own. */
import { EventSource as NodeEventSource } from "eventsource";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { DEADLINE, moves } from "./support/chart.ts";
import { Child } from "./support/children.ts";
import { test } from "./support/fixtures.ts";
import { freePort } from "./support/ports.ts";
import { site } from "./support/stub.ts";

const OUTAGE = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/;
/** A page without an icon of its own: Chromium looks for one, in vain. */
const BARE = new RegExp(`${OUTAGE.source}|status of 404`);
const EVENT_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** The head, a status without an id but with the reconnection time, and two figures; comments between. */
const STREAM =
  /^HTTP\/1\.[01] 200 .*\r\n\r\nretry: \d+\nevent: status\ndata: {[^\n]*}\n\n(?:(?::[^\n]*\n)*id: [\w.-]+\ndata: {"data":\[[^\n]*}\n\n){2}/s;

function headers(output: string): Map<string, string> {
  const head = output.slice(0, output.indexOf("\r\n\r\n"));
  const lines = head.split("\r\n").slice(1);
  return new Map(lines.map((line) => line.toLowerCase().split(": ", 2) as [string, string]));
}

describe("curl", () => {
  const CASES: [string, string[]][] = [
    ["as it is", []],
    ["asking for compression", ["--compressed"]],
    ["on HTTP/1.0", ["--http1.0"]],
    ["on HTTP/1.0, asking to be kept", ["--http1.0", "-H", "Connection: keep-alive"]],
  ];

  test.for(CASES)(
    "%s gets figures, and a clean end when the server stops",
    async ([, args], { start }) => {
      const server = await start();
      const curl = new Child("curl", ["-sSiN", ...args, `${server.url}/stream/AAPL`]);
      await curl.until(({ stdout }) => STREAM.exec(stdout));
      const sent = headers(curl.stdout);
      expect(sent.get("content-type")).toBe("text/event-stream");
      expect(sent.get("cache-control")).toBe("no-cache, no-transform");
      expect(sent.get("x-accel-buffering")).toBe("no");
      expect(sent.get("vary")).toContain("accept-encoding");
      expect(sent.has("content-length")).toBe(false);
      if (args.includes("--http1.0")) {
        expect(curl.stdout).toMatch(/^HTTP\/1\.0 /);
        expect(sent.has("transfer-encoding")).toBe(false);
        expect(sent.get("connection") ?? "close").toBe("close");
      } else {
        expect(sent.get("transfer-encoding")).toBe("chunked");
      }
      await server.stop();
      // 18 would be a body cut short.
      expect(await curl.exited(), curl.stderr).toBe(0);
      expect(curl.stdout).toMatch(/\n\n(?::[^\n]*\n)*retry: \d+\n$/);
    },
  );

  test("asking for the head gets it, and opens no stream", async ({ start }) => {
    const server = await start();
    const head = new Child("curl", ["-sSI", `${server.url}/stream/AAPL`]);
    expect(await head.exited(), head.stderr).toBe(0);
    expect(head.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(headers(head.stdout).get("content-type")).toBe("text/event-stream");
    expect(await server.metric("figcast_streams_opened_total")).toBe(0);
  });

  test("asking for an unknown symbol fails, and is told why", async ({ server }) => {
    const curl = new Child("curl", ["-sS", "--fail-with-body", `${server.url}/stream/NOPE1`]);
    expect(await curl.exited()).toBe(22);
    expect(JSON.parse(curl.stdout)).toMatchObject({ status: 404, title: "Not Found" });
  });
});

test("an EventSource for Node comes back after a restart, saying what it has", async ({
  start,
  stopping,
}) => {
  const port = await freePort();
  const first = await start({ port });
  const told: (string | undefined)[] = [];
  const figures: { id: string; symbol: string }[] = [];
  const source = new NodeEventSource(`${first.url}/stream/AAPL`, {
    fetch: (input, init) => {
      told.push(init.headers["Last-Event-ID"]);
      return fetch(input, init);
    },
  });
  await stopping(Promise.resolve({ stop: async () => source.close() }));
  source.addEventListener("message", ({ data, lastEventId }) => {
    const { layout } = JSON.parse(data);
    figures.push({ id: lastEventId, symbol: layout.meta.instrument.symbol });
  });
  await expect.poll(() => figures.length, DEADLINE).toBeGreaterThan(1);
  expect(told).toEqual([undefined]);
  await first.stop();
  const had = figures.at(-1)?.id;
  const count = figures.length;
  expect(had).toMatch(EVENT_ID);
  await start({ port });
  await expect.poll(() => figures.length, DEADLINE).toBeGreaterThan(count + 1);
  expect(told.at(-1)).toBe(had);
  expect(new Set(figures.map(({ symbol }) => symbol))).toEqual(new Set(["AAPL"]));
  expect(new Set(figures.map(({ id }) => id)).size).toBe(figures.length);
});

describe("the browser's EventSource", () => {
  interface Heard {
    ids: string[];
    statuses: { state: string; resume?: string; lastEventId: string }[];
    readyState: number;
  }

  /** Listens in a page that has nothing else. */
  const listen = (page: Page, url: string) =>
    page.evaluate((address) => {
      const source = new EventSource(address);
      const heard = { ids: [] as string[], statuses: [] as object[], source };
      source.onmessage = ({ lastEventId }) => heard.ids.push(lastEventId);
      source.addEventListener("status", ({ data, lastEventId }) =>
        heard.statuses.push({ ...JSON.parse(data), lastEventId }),
      );
      Reflect.set(window, "heard", heard);
    }, url);
  const heard = (page: Page) =>
    page.evaluate(() => {
      const { ids, statuses, source } = Reflect.get(window, "heard");
      return { ids, statuses, readyState: source.readyState } as Heard;
    });

  test("adopts ids, hears statuses, and comes back after a crash with its last id", async ({
    start,
    visit,
  }) => {
    const port = await freePort();
    const first = await start({ port });
    const page = await visit(`${first.url}/healthz`, { expected: BARE });
    const told: Promise<string | null>[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/stream/")) told.push(request.headerValue("last-event-id"));
    });
    await listen(page, "/stream/AAPL");
    await expect.poll(async () => (await heard(page)).ids.length, DEADLINE).toBeGreaterThan(1);
    const before = await heard(page);
    expect(before.ids.every((id) => EVENT_ID.test(id))).toBe(true);
    expect(before.statuses[0]).toMatchObject({ state: "live", lastEventId: "" });
    expect(before.statuses[0]).not.toHaveProperty("resume");
    await first.kill();
    await expect.poll(async () => (await heard(page)).readyState, DEADLINE).toBe(0);
    const had = (await heard(page)).ids;
    await start({ port });
    await expect
      .poll(async () => (await heard(page)).ids.length, DEADLINE)
      .toBeGreaterThan(had.length + 1);
    expect(await told.at(-1)).toBe(had.at(-1));
    const { statuses } = await heard(page);
    // The new server never sent that id, so it says that what follows is the whole figure.
    expect(statuses.find(({ resume }) => resume !== undefined)).toMatchObject({
      resume: "snapshot",
      lastEventId: had.at(-1),
    });
  });

  test("of another site's page comes back too", async ({ start, stopping, visit }) => {
    const port = await freePort();
    const first = await start({ port });
    const { url } = await stopping(
      site(`new EventSource("${first.url}/stream/AAPL").onmessage =
        e => Plotly.react("chart", JSON.parse(e.data))`),
    );
    const page = await visit(url, {
      expected: new RegExp(`${OUTAGE.source}|^request to ${first.url}/|blocked by CORS policy`),
    });
    let connections = 0;
    page.on("response", (response) => {
      if (response.url().includes("/stream/") && response.ok()) connections += 1;
    });
    await moves(page);
    await first.kill();
    await start({ port });
    await expect.poll(() => connections, DEADLINE).toBe(1);
    await moves(page);
  });
});
