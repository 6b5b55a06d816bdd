/** What Grafana's data source Infinity asks for, by the fields that docs/API.md fills in: its backend's requests. */

import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { ROOT } from "./support/children.ts";
import { test } from "./support/fixtures.ts";

/** The plugin's own headers of a query of JSON, and of one of CSV; Go's client asks for gzip by itself. */
const ACCEPTED = { json: "application/json;q=0.9,text/plain", csv: "text/csv; charset=utf-8" };

interface Answer {
  status: number | undefined;
  type: string | undefined;
  text: string;
}

function asked(url: string, kind: keyof typeof ACCEPTED): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      accept: ACCEPTED[kind],
      "user-agent": "Grafana",
      "accept-encoding": "gzip",
    };
    request(url, { headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => {
        const body = Buffer.concat(pieces);
        const isCoded = response.headers["content-encoding"] === "gzip";
        resolve({
          status: response.statusCode,
          type: response.headers["content-type"],
          text: (isCoded ? gunzipSync(body) : body).toString(),
        });
      });
    })
      .on("error", reject)
      .end();
  });
}

/** The address in the documentation's table, at the server of the test. */
async function documented(server: string): Promise<string> {
  const text = await readFile(join(ROOT, "docs/API.md"), "utf8");
  const [, section = ""] = text.split("\n## Grafana\n");
  const [, url = ""] = /\| URL \| `(http:[^`]+)` \|/.exec(section) ?? [];
  return url.replace("http://localhost:8080", server);
}

describe("Grafana", () => {
  test("reads bars as CSV, by the address in the documentation", async ({ server }) => {
    const { status, type, text } = await asked(await documented(server.url), "csv");
    expect(status, text).toBe(200);
    expect(type).toMatch(/^text\/csv/);
    const [head = "", ...rows] = text.trimEnd().split(/\r?\n/);
    expect(head.split(",")).toEqual(["time", "open", "high", "low", "close", "volume", "sma:20"]);
    expect(rows.length).toBeGreaterThan(300);
    for (const row of rows) {
      const [time = "", ...numbers] = row.split(",");
      expect(Date.parse(time), row).toBeGreaterThan(0);
      expect(
        numbers.every((number) => number === "" || Number.isFinite(Number(number))),
        row,
      ).toBe(true);
    }
  });

  test("reads bars as JSON below the root that the documentation names", async ({ server }) => {
    const url = (await documented(server.url)).replace("&format=csv", "");
    const { status, type, text } = await asked(url, "json");
    expect(status, text).toBe(200);
    expect(type).toMatch(/^application\/json/);
    const [bar] = JSON.parse(text).bars;
    expect(Object.keys(bar)).toEqual(expect.arrayContaining(["time", "open", "close", "sma:20"]));
  });

  test("finds symbols for a variable, with and without what was typed", async ({ server }) => {
    for (const [typed, symbol] of [
      ["", "AAPL"],
      ["micro", "MSFT"],
    ]) {
      const { text } = await asked(`${server.url}/search?q=${typed}`, "json");
      const symbols = JSON.parse(text).results.map(({ symbol }: { symbol: string }) => symbol);
      expect(symbols).toContain(symbol);
    }
  });
});
