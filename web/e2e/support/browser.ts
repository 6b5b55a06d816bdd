/** Debian's Chromium, and a page that remembers everything that went wrong in it. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: QUIET, headless: true });
}

export interface VisitOptions extends BrowserContextOptions {
  /** Troubles that belong to the test: a refused connection, say. */
  expected?: RegExp;
  /** What has to be there before the page is. */
  prepare?: (page: Page) => Promise<void>;
}

export class Visit {
  readonly page: Page;
  readonly #expected: RegExp | null;
  readonly #troubles: string[] = [];

  private constructor(page: Page, expected: RegExp | null) {
    this.page = page;
    this.#expected = expected;
  }

  /** Opens an address in a context of its own and watches it from the first byte. */
  static async open(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
    const { expected = null, prepare, ...rest } = options;
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      colorScheme: "dark",
      ...rest,
    });
    const page = await context.newPage();
    const visit = new Visit(page, expected);
    const { origin } = new URL(url);
    const trouble = (text: string) => visit.#troubles.push(text);
    page.on("console", (message) => {
      // The text of a failed request does not say which.
      const { url } = message.location();
      const about = url === "" ? "" : ` (${url})`;
      if (["error", "warning"].includes(message.type())) trouble(`${message.text()}${about}`);
    });
    page.on("pageerror", (error) => trouble(`${error.name}: ${error.message}`));
    page.on("request", (request) => {
      const asked = new URL(request.url());
      const local = ["data:", "blob:"].includes(asked.protocol);
      if (!local && asked.origin !== origin) trouble(`request to ${asked.href}`);
    });
    await page.exposeFunction("figcastViolation", (text: string) => trouble(text));
    await page.addInitScript(() => {
      const report = Reflect.get(window, "figcastViolation") as (text: string) => void;
      document.addEventListener("securitypolicyviolation", (event) =>
        report(`violates ${event.violatedDirective}: ${event.blockedURI}`),
      );
    });
    await prepare?.(page);
    await page.goto(url);
    return visit;
  }

  get troubles(): readonly string[] {
    return this.#troubles.filter((text) => this.#expected?.test(text) !== true);
  }

  async stop(): Promise<void> {
    await this.page.context().close();
    expect(this.troubles).toEqual([]);
  }
}
