/** The chart in a frame of another site. */
import { expect } from "vitest";
import { DEADLINE } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";
import { stub } from "./support/stub.ts";

/** A site with one frame. */
const framing = (url: () => string) =>
  stub((_, response) => {
    const page = `<!doctype html><link rel="icon" href="data:,"><iframe src="${url()}"></iframe>`;
    response.setHeader("content-type", "text/html").end(page);
  });

/** Requests to the server are the point, and Chromium reports the frames that it refuses. */
const expected = /^request to |violates.*frame-ancestors/;

test("a site that may frames an embedded chart and no other page", async ({
  start,
  stopping,
  visit,
}) => {
  let framed = "";
  const friend = await stopping(framing(() => framed));
  const stranger = await stopping(framing(() => framed));
  const { url } = await start({
    env: { FIGCAST_SERVER__FRAME_ANCESTORS: JSON.stringify([friend.url]) },
  });
  for (const [site, path, shown] of [
    [friend, "/chart/AAPL?embed=1", true],
    [friend, "/chart/AAPL", false],
    [stranger, "/chart/AAPL?embed=1", false],
  ] as const) {
    framed = `${url}${path}`;
    const page = await visit(site.url, { expected });
    const frame = page.frames().at(-1);
    if (shown) {
      const panel = page.frameLocator("iframe").getByTestId("panel");
      await expect.poll(() => panel.getAttribute("data-state"), DEADLINE).toBe("chart");
    } else {
      await expect.poll(() => frame?.url(), DEADLINE).toMatch(/^chrome-error:/);
    }
  }
});
