/**
 * The element `<figcast-chart>`, with types. Its code is the server's own `embed.js`, which is brought once per
 * server: it fits the server's version, and a policy allows the server alone.
 */
import type { GetToken } from "../src/lib/wire/ticketRenewal";
import type { TagEvents } from "../src/tag/tagEvents";

export type { GetToken, TagEvents };

/** The element, as the page sees it. */
export interface FigcastChartElement extends HTMLElement {
  /** Asked for a token, where the server wants one. */
  getToken: GetToken | null;
}

/** What the chart shows and how it looks; each may change at any time. */
export interface ChartAttributes {
  symbol: string;
  interval?: string | undefined;
  range?: string | undefined;
  session?: "regular" | "extended" | undefined;
  chart?: string | undefined;
  /** Joined by commas. */
  studies?: string | undefined;
  compare?: string | undefined;
  scale?: "linear" | "log" | undefined;
  window?: string | undefined;
  palette?: string | undefined;
  zone?: "exchange" | "local" | "utc" | undefined;
  theme?: "auto" | "dark" | "light" | undefined;
  server?: string | undefined;
  token?: string | undefined;
}

const NAME = "figcast-chart";

const coming = new Map<string, Promise<void>>();

/** Brings the element from a server; the same promise for the same server. */
export function loadElement(server: string): Promise<void> {
  const source = `${server.replace(/\/+$/, "")}/embed.js`;
  const known = coming.get(source);
  if (known !== undefined) return known;
  const loading = bring(source).catch((error: unknown) => {
    // The next one tries again.
    coming.delete(source);
    throw error;
  });
  coming.set(source, loading);
  return loading;
}

async function bring(source: string): Promise<void> {
  if (customElements.get(NAME) !== undefined) return;
  await new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.async = true;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error(`${source} cannot be loaded.`));
    };
    document.head.append(script);
  });
  await customElements.whenDefined(NAME);
}

declare global {
  interface HTMLElementTagNameMap {
    "figcast-chart": FigcastChartElement;
  }
  interface HTMLElementEventMap {
    "figcast:quote": CustomEvent<TagEvents["figcast:quote"]>;
    "figcast:status": CustomEvent<TagEvents["figcast:status"]>;
    "figcast:error": CustomEvent<TagEvents["figcast:error"]>;
  }
}
