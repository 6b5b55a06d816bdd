/** `test` with what the tests share: a browser and a server a file, pages and servers a test. */
// biome-ignore-all lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
import { test as base } from "vitest";
import { launch, Visit, type VisitOptions } from "./browser.ts";
import { Server, type ServerOptions } from "./server.ts";

export interface Stoppable {
  stop(): Promise<void>;
}

/** Stops all, the last first, as later ones lean on earlier ones. Throws what went wrong. */
async function stopAll(started: readonly Stoppable[]): Promise<void> {
  const problems: unknown[] = [];
  for (const one of started.toReversed()) {
    await one.stop().catch((problem: unknown) => problems.push(problem));
  }
  if (problems.length > 0) throw problems[0];
}

export const test = base
  .extend("browser", { scope: "file" }, async ({}, { onCleanup }) => {
    const browser = await launch();
    onCleanup(() => browser.close());
    return browser;
  })
  /** The simulated market, ticking every second. */
  .extend("server", { scope: "file" }, async ({}, { onCleanup }) => {
    const server = await Server.start();
    onCleanup(() => server.stop());
    return server;
  })
  /** Has something stopped when the test is over; the test fails if it does not stop well. */
  .extend("stopping", ({}, { onCleanup }) => {
    const started: Stoppable[] = [];
    onCleanup(() => stopAll(started));
    return async <T extends Stoppable>(starting: Promise<T>): Promise<T> => {
      const one = await starting;
      started.push(one);
      return one;
    };
  })
  /** Starts a server of the test's own. */
  .extend("start", ({ stopping }) => {
    return (options?: ServerOptions) => stopping(Server.start(options));
  })
  /** Opens an address; the test fails if anything goes wrong in the page until its end. */
  .extend("visit", ({ browser, stopping }) => {
    return async (url: string, options?: VisitOptions) =>
      (await stopping(Visit.open(browser, url, options))).page;
  });
