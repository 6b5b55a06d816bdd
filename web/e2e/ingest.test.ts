/** A price that is pushed in: seen on the page within a second, and there after the server was killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { becomes, DEADLINE, drawn } from "./support/chart.ts";
import { test } from "./support/fixtures.ts";

async function push(url: string, price: number): Promise<void> {
  const answer = await fetch(`${url}/ingest/MINE`, {
    method: "POST",
    body: `${Date.now()},${price}`,
  });
  expect(answer.status, await answer.text()).toBe(200);
}

const shows = (page: Page, price: string) =>
  expect.poll(() => page.getByTestId("last").textContent(), DEADLINE).toContain(price);

test("a pushed tick is seen on the page, and a restart keeps it", async ({ start, visit }) => {
  const folder = await mkdtemp(join(tmpdir(), "figcast-ingest-"));
  const env = { FIGCAST_HISTORY__PATH: join(folder, "bars.db") };
  const args = ["--allow-ingest"];
  const first = await start({ args, env });
  await push(first.url, 101.25);
  const page = await visit(`${first.url}/chart/PUSHED:MINE`, { expected: /./ });
  await drawn(page);
  await shows(page, "101.25");
  await becomes(page, "connection", "live");
  await push(first.url, 98.75);
  await shows(page, "98.75");
  await page.screenshot({ path: process.env.SHOT ?? join(folder, "pushed.png") });
  await first.kill();
  await start({ args, env, port: Number(new URL(first.url).port) });
  await becomes(page, "connection", "live");
  await shows(page, "98.75");
  await push(first.url, 120.5);
  await shows(page, "120.5");
  await rm(folder, { recursive: true });
});

test("a chart that is opened before the first push says so, and shows it when it comes", async ({
  start,
  visit,
}) => {
  const folder = await mkdtemp(join(tmpdir(), "figcast-ingest-"));
  const env = { FIGCAST_HISTORY__PATH: join(folder, "bars.db") };
  const { url } = await start({ args: ["--allow-ingest"], env });
  const page = await visit(`${url}/chart/PUSHED:MINE`);
  const words = page.getByText("no bars yet: POST /ingest/MINE makes them");
  await words.first().waitFor(DEADLINE);
  if (process.env.SHOT_WAITING) await page.screenshot({ path: process.env.SHOT_WAITING });
  await push(url, 101.25);
  await drawn(page);
  await shows(page, "101.25");
  await rm(folder, { recursive: true });
});
