/** Tags at a server that asks for tokens: they renew them, and lose nothing and show nothing twice meanwhile. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, DEADLINE } from "./support/chart.ts";
import { COOKIE, test, token } from "./support/guarded.ts";
import { host } from "./support/host.ts";

/** Has a reader's browser show a token from now on. */
const signIn = async (page: Page, url: string, ...allowed: Parameters<typeof token>) =>
  page.context().addCookies([{ name: COOKIE, value: await token(...allowed), url }]);

const tryAgain = (page: Page) => page.getByRole("button", { name: "Try again" }).click();

/** Of a page: the figures that all its streams have brought, by id and in the order of their coming. */
async function watchStreams(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen = { opened: 0, failed: 0, shown: [] as string[] };
    Reflect.set(window, "streams", seen);
    const Native = window.EventSource;
    window.EventSource = class extends Native {
      constructor(url: string | URL) {
        super(url);
        seen.opened += 1;
        this.addEventListener("error", () => {
          if (this.readyState === this.CLOSED) seen.failed += 1;
        });
      }
    };
    document.addEventListener("figcast:quote", (event) => {
      const { last, asOf } = (event as CustomEvent).detail;
      seen.shown.push(`${asOf} ${last}`);
    });
  });
}

interface Streams {
  opened: number;
  failed: number;
  shown: string[];
}
const streams = (page: Page): Promise<Streams> =>
  page.evaluate(() => Reflect.get(window, "streams"));

test("a tag renews its token twenty times, loses no price and shows none twice", async ({
  guarded,
  stopping,
  visit,
}) => {
  const server = await guarded("*");
  const site = await stopping(
    host({
      body: `<script src="${server.url}/embed.js" async></script><figcast-chart symbol="AAPL"></figcast-chart><script>
        document.querySelector("figcast-chart").getToken = () => window.freshToken();
      </script>`,
    }),
  );
  let given = 0;
  const asked: string[] = [];
  const page = await visit(site.url, {
    expected: /^request to /,
    prepare: async (page) => {
      await page.exposeFunction("freshToken", () => {
        given += 1;
        return token(6);
      });
      await watchStreams(page);
      page.on("request", (request) => void asked.push(request.url()));
    },
  });
  await expect
    .poll(
      () =>
        page
          .getByTestId("panel")
          .getAttribute("data-state", { timeout: 900 })
          .catch(() => null),
      DEADLINE,
    )
    .toBe("chart");
  // While the chart comes to be the page is busy; what is looked at are the renewals.
  await page.evaluate(() => Reflect.get(window, "streams").shown.splice(0));
  await expect.poll(() => given, { timeout: 150_000, interval: 500 }).toBeGreaterThan(20);
  const { opened, failed, shown } = await streams(page);
  expect(opened).toBeGreaterThan(20);
  expect(failed, "refused streams").toBe(0);
  expect(new Set(shown).size, "a price is shown twice").toBe(shown.length);
  // The market of the test has a price a second.
  const times = shown.map((text) => Date.parse(text.split(" ")[0] ?? "") / 1_000);
  const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  expect(Math.max(...gaps), `${gaps}`).toBeLessThanOrEqual(2);
  expect(
    asked.filter((url) => /eyJ/.test(url)),
    "a token in an address",
  ).toEqual([]);
  expect(server.log).not.toMatch(/ticket=|eyJ/);
}, 240_000);

test("a tag whose token is refused says so, and the page's own chart asks for one", async ({
  guarded,
  stopping,
  visit,
}) => {
  const server = await guarded("*");
  const site = await stopping(
    host({
      body: `<script src="${server.url}/embed.js" async></script><figcast-chart symbol="AAPL" token="${await token(-5)}"></figcast-chart>`,
    }),
  );
  const page = await visit(site.url, { expected: /^request to |status of 401/ });
  const words = (page: Page) =>
    page
      .getByTestId("message")
      .textContent({ timeout: 900 })
      .catch(() => "");
  await expect.poll(() => words(page), DEADLINE).toContain("the token ended at");
  const own = await visit(`${server.url}/chart/AAPL`, { expected: /^request to |status of 401/ });
  await expect.poll(() => words(own), DEADLINE).toContain("a token is needed");
});

test("a reader who signs in tries again, and has the chart, its controls and the watchlist", async ({
  guarded,
  visit,
}) => {
  const { url } = await guarded("*");
  const page = await visit(`${url}/chart/AAPL`, { expected: /^request to |status of 401/ });
  await page.getByRole("heading", { name: "Not signed in" }).waitFor();
  await signIn(page, url, 600);
  await tryAgain(page);
  await becomes(page, "panel", "chart");
  await page.getByRole("toolbar", { name: "Chart of AAPL" }).waitFor();
  await expect.poll(() => page.getByText("unavailable").count(), DEADLINE).toBe(0);
});

test("a chart stays when its token ends, says to sign in, and goes on when that is done", async ({
  guarded,
  visit,
}) => {
  const { url } = await guarded("*");
  const page = await visit(`${url}/chart/AAPL`, {
    expected: /^request to |status of 401/,
    prepare: (page) => signIn(page, url, 20),
  });
  await becomes(page, "panel", "chart");
  const banner = page.getByTestId("banner");
  await expect
    .poll(() => banner.allTextContents(), DEADLINE)
    .toEqual([expect.stringMatching(/^Not signed in\. Sign in .* says: the token ended at/)]);
  await becomes(page, "panel", "chart");
  await signIn(page, url, 600);
  await tryAgain(page);
  await becomes(page, "connection", "live");
  expect(await banner.count()).toBe(0);
  await expect.poll(() => page.getByText("unavailable").count(), DEADLINE).toBe(0);
}, 120_000);

test("a chart that a token does not allow is told as that, beside one that it allows", async ({
  guarded,
  visit,
}) => {
  const { url } = await guarded("*");
  const page = await visit(`${url}/chart/TSLA`, {
    expected: /^request to |status of 403/,
    prepare: (page) => signIn(page, url, 600, ["AAPL"]),
  });
  const message = page.getByTestId("message");
  await expect
    .poll(() => message.allTextContents(), DEADLINE)
    .toEqual([expect.stringMatching(/^Not allowed.*figcast\.symbols has AAPL/)]);
  await message.getByRole("link", { name: "AAPL" }).click();
  await becomes(page, "panel", "chart");
});
