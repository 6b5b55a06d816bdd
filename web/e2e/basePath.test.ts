/** Below a path of a host: by `server.base_path`, and behind nginx as docs/OPERATIONS.md has it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { DEADLINE, drawn, moves } from "./support/chart.ts";
import { test as base } from "./support/fixtures.ts";
import { blocksOf, host } from "./support/host.ts";
import { freePort } from "./support/ports.ts";
import { ReverseProxy } from "./support/proxies.ts";
import type { ServerOptions } from "./support/server.ts";

const PATH = "/charts";
/** What the documented lines take the place of. */
const ROOT_LOCATION = "location / {\n            proxy_pass http://figcast;\n        }\n";

const WAYS = [
  { name: "without a proxy", basePath: PATH, block: null },
  { name: "behind nginx that passes the path on", basePath: PATH, block: 0 },
  { name: "behind nginx that takes the path away", basePath: "", block: 1 },
] as const;
type Way = (typeof WAYS)[number];

const test = base.extend("below", ({ start, stopping }) => {
  /** The address of a figcast, with the path. */
  return async ({ basePath, block }: Way, options: ServerOptions = {}): Promise<string> => {
    const port = await freePort();
    const args = basePath === "" ? [] : ["--base-path", basePath];
    const { url } = await start({ ...options, port, args });
    if (block === null) return url;
    const lines = (await blocksOf("docs/OPERATIONS.md", "Below a path"))[block];
    expect(lines).toContain("location /charts/ {");
    const nginx = await stopping(ReverseProxy.start("nginx", port, [[ROOT_LOCATION, `${lines}`]]));
    return nginx.url + PATH;
  };
});

/** Notes every request to the host of `url`. */
function noteRequests(page: Page, asked: string[]): void {
  page.on("request", (request) => {
    const { protocol, pathname } = new URL(request.url());
    if (/^https?:$/.test(protocol)) asked.push(pathname);
  });
}

test.for(WAYS)(
  "the page works $name, and asks for nothing outside",
  async (way, { below, visit }) => {
    const url = await below(way);
    const asked: string[] = [];
    // Without the slash, as a reader types it.
    const page = await visit(url, {
      prepare: async (page) => noteRequests(page, asked),
    });
    expect(new URL(page.url()).pathname).toBe(`${PATH}/`);
    await moves(page);
    await page.getByRole("link", { name: /MSFT/ }).first().click();
    await expect.poll(() => new URL(page.url()).pathname, DEADLINE).toBe(`${PATH}/chart/MSFT`);
    await expect.poll(async () => (await drawn(page)).view, DEADLINE).toMatch(/^MSFT/);
    await page.reload();
    await expect.poll(async () => (await drawn(page)).view, DEADLINE).toMatch(/^MSFT/);
    await moves(page);
    await page.goto(`${url}/chart/AAPL/?range=1d`);
    await expect.poll(async () => (await drawn(page)).view, DEADLINE).toMatch(/^AAPL/);
    // The address that is typed is the one that is told to have been outside.
    const outside = asked.filter((path) => path !== PATH && !path.startsWith(`${PATH}/`));
    expect(outside).toEqual([]);
    expect(asked.some((path) => path.startsWith(`${PATH}/stream`))).toBe(true);
  },
);

/** Requests to the server are the point. */
const expected = /^request to /;

const isDrawn = (panel: ReturnType<Page["getByTestId"]>) =>
  expect
    .poll(() => panel.getAttribute("data-state", { timeout: 900 }).catch(() => null), DEADLINE)
    .toBe("chart");

test.for(WAYS)(
  "a tag and a frame in the page of another site work $name",
  async (way, { below, stopping, visit }) => {
    const places = { body: "" };
    const site = await stopping(host(places));
    // Another origin of the same site, as in the other tests of frames.
    const around = site.url.replace("localhost", "127.0.0.1");
    const url = await below(way, {
      env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([around]) },
    });
    places.body = `<script src="${url}/embed.js" async></script>
<iframe src="${url}/chart/MSFT?embed=1"></iframe>
<figcast-chart symbol="AAPL"></figcast-chart>`;
    const asked: string[] = [];
    const page = await visit(around, {
      expected,
      prepare: async (page) => noteRequests(page, asked),
    });
    await isDrawn(page.locator("figcast-chart").getByTestId("panel"));
    await isDrawn(page.frameLocator("iframe").getByTestId("panel"));
    const own = ["/", "/host.css"];
    expect(asked.filter((path) => !own.includes(path) && !path.startsWith(`${PATH}/`))).toEqual([]);
    const { origin } = new URL(url);
    expect((await fetch(`${origin}${PATH}/metrics`)).status).toBe(way.block === null ? 200 : 404);
  },
);
