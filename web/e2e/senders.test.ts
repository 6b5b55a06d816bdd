/** Programs that figcast did not write push into it: the clients of Influx and QuestDB, and what docs/API.md shows. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect } from "vitest";
import { Child, ROOT } from "./support/children.ts";
import { test as base } from "./support/fixtures.ts";
import { PYTHON_TIMEOUT, Python } from "./support/python.ts";
import { BINARY } from "./support/server.ts";

const TOKEN = "secret";
/** As `printf %s secret | sha256sum` says it. */
const HASH = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

const SENDERS = new Python("senders", {
  influxdb: "5.3.2",
  "influxdb-client": "1.50.0",
  questdb: "6.0.0",
  requests: "2.34.2",
});

/** What each client writes: two ticks of a minute, of a symbol of its own. */
const CLIENTS = {
  "influxdb-client": `
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS
with InfluxDBClient(url=url, token=token, org="any", enable_gzip=True) as client:
    write = client.write_api(write_options=SYNCHRONOUS)
    for price in (101.5, 99.25):
        write.write("any", record=Point("trade").tag("symbol", symbol).field("price", price).time(next_instant()))
`,
  "influxdb (version 1)": `
from influxdb import InfluxDBClient
host, port = url.removeprefix("http://").split(":")
client = InfluxDBClient(host, int(port), "anybody", token, "any")
points = [{"measurement": symbol, "time": next_instant(), "fields": {"price": price}} for price in (101.5, 99.25)]
assert client.write_points(points)
`,
  questdb: `
from questdb.ingress import Sender, TimestampNanos
address = url.removeprefix("http://")
with Sender.from_conf(f"http::addr={address};token={token};protocol_version=1;") as sender:
    for price in (101.5, 99.25):
        sender.row("trade", symbols={"symbol": symbol}, columns={"price": price}, at=TimestampNanos(next_instant()))
`,
};

const PRELUDE = `
import itertools, sys
url, token, symbol, minute = sys.argv[1:]
next_instant = itertools.count(int(minute) * 1_000_000, 1_000_000).__next__
`;

const test = base.extend("taking", async ({ start }, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), "figcast-senders-"));
  onCleanup(() => rm(folder, { recursive: true }));
  const env = { FIGCAST_HISTORY__PATH: join(folder, "bars.db"), FIGCAST_INGEST__TOKENS: HASH };
  return { folder, url: (await start({ env })).url };
});

async function bars(url: string, symbol: string): Promise<string[]> {
  const answer = await fetch(`${url}/bars/PUSHED:${symbol}?format=csv`);
  return answer.ok ? (await answer.text()).trim().split("\n").slice(1) : [];
}

describe("a client of others", { timeout: PYTHON_TIMEOUT }, () => {
  test.for(Object.entries(CLIENTS))(
    "%s pushes ticks",
    async ([, script], { taking: server, skip }) => {
      const obstacle = await SENDERS.prepare();
      if (obstacle !== null) console.log(`skipped: ${obstacle}`);
      skip(obstacle !== null, obstacle ?? "");
      const minute = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
      const args = ["-c", PRELUDE + script, server.url, TOKEN, "MINE", String(minute)];
      const client = new Child(SENDERS.command, args);
      expect(await client.exited(), client.stderr).toBe(0);
      const instant = new Date(minute).toISOString().replace(".000", "");
      const expected = [`${instant},101.5,101.5,99.25,99.25,0.0`];
      await expect.poll(() => bars(server.url, "MINE")).toEqual(expected);
    },
  );
});

/** The snippets of the section on pushing, in one language. */
async function snippets(language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, "docs/API.md"), "utf8");
  const [, section = ""] = /^## Pushing$(.*?)^## /ms.exec(text) ?? [];
  const all = section.matchAll(new RegExp(`^\`\`\`${language}$(.*?)^\`\`\`$`, "gms"));
  return [...all].map(([, snippet = ""]) => snippet);
}

describe("what docs/API.md shows", { timeout: PYTHON_TIMEOUT }, () => {
  test("of curl and figcast runs as it stands", async ({ taking: { folder, url } }) => {
    const now = Math.floor(Date.now() / 300_000) * 300_000;
    const rows = [2, 1].map((ago) => `${now - ago * 300_000},1,2,0.5,1.5,7`).join("\n");
    await writeFile(join(folder, "bars.csv"), `time,open,high,low,close,volume\n${rows}\n`);
    const [script = "", ...others] = await snippets("sh");
    expect(others).toEqual([]);
    const address = new URL(url).host;
    const push = script.replace("figcast push MINE", `figcast push MINE --url ${url}`);
    const lines = push.replaceAll("localhost:8080", address);
    const path = `PATH="${dirname(BINARY)}:$PATH" TOKEN=${TOKEN}; export PATH TOKEN`;
    const shell = new Child("sh", ["-ec", `cd ${folder}; ${path}\n${lines}`]);
    expect(await shell.exited(), shell.stderr).toBe(0);
    expect(shell.stdout).toContain('"accepted":1');
    expect(shell.stdout).toContain('"accepted":2');
    expect(shell.stdout).toContain("0 accepted, 0 replaced, 2 unchanged");
  });

  test("of Python runs as it stands", async ({ taking: { url }, skip }) => {
    const obstacle = await SENDERS.prepare();
    if (obstacle !== null) console.log(`skipped: ${obstacle}`);
    skip(obstacle !== null, obstacle ?? "");
    const [script = "", ...others] = await snippets("py");
    expect(others).toEqual([]);
    const here = script.replace("http://localhost:8080", url);
    const python = new Child(SENDERS.command, ["-c", here], { TOKEN });
    expect(await python.exited(), python.stderr).toBe(0);
    expect(python.stdout.trim()).toBe("/chart/PUSHED:MINE");
  });
});
