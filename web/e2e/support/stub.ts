/** Small servers of the tests' own: a data provider that says what it is told, and a foreign site. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ROOT } from "./children.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Stub {
  url: string;
  stop(): Promise<void>;
}

export async function stub(answer: Answer): Promise<Stub> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Answers every question with one recorded body. */
export async function yahoo(fixture: string): Promise<Stub> {
  const body = past(await readFile(join(ROOT, "tests/fixtures/yahoo", fixture), "utf8"));
  return stub((_, response) => {
    response.setHeader("content-type", "application/json").end(body);
  });
}

/** The fixtures' Tuesday of 2031 as one of February 2026: bars that have not been traded yet are not drawn. */
function past(body: string): string {
  const YEARS = 262 * 7 * 86_400;
  return body.replace(/\b1930\d{6}\b/g, (second) => String(Number(second) - YEARS));
}

/** A site that has Plotly and one page, whose only script is the one given. */
export async function site(script: string): Promise<Stub> {
  const plotly = await readFile(
    join(ROOT, "web/node_modules/plotly.js-finance-dist-min/plotly-finance.min.js"),
  );
  const page = `<!doctype html>
<meta charset="utf-8"><link rel="icon" href="data:,">
<script src="/plotly.js"></script>
<div id="chart"></div>
<script>${script}</script>`;
  return stub(({ url }, response) => {
    if (url === "/plotly.js") response.setHeader("content-type", "text/javascript").end(plotly);
    else response.setHeader("content-type", "text/html").end(page);
  });
}
