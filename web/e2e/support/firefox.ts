/** Debian's Firefox, by WebDriver BiDi. Where it is not installed its tests are left out, and say so. */
import { existsSync } from "node:fs";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { expect } from "vitest";
import { DEADLINE } from "./chart.ts";

const EXECUTABLE = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

export const hasFirefox = existsSync(EXECUTABLE);
if (!hasFirefox) {
  console.warn(
    `${EXECUTABLE} is not there: the tests in Firefox are left out (see tests/tools.sh)`,
  );
}

export function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: "firefox",
    executablePath: EXECUTABLE,
    headless: true,
    defaultViewport: { width: 1280, height: 800 },
  });
}

/** Waits until an element of the page, by its test id, is in a state. */
export async function reaches(page: Page, id: string, state: string): Promise<void> {
  const current = () =>
    page.evaluate(
      (testId) => document.querySelector<HTMLElement>(`[data-testid=${testId}]`)?.dataset.state,
      id,
    );
  await expect.poll(current, { ...DEADLINE, message: `${id} reaches ${state}` }).toBe(state);
}

export function textOf(page: Page, id: string): Promise<string | null | undefined> {
  return page.evaluate(
    (testId) => document.querySelector(`[data-testid=${testId}]`)?.textContent,
    id,
  );
}
