/** Patches, applied by libraries that pages and notebooks use, in every coding. */
import { EventSource } from "eventsource";
import fastJsonPatch, { type Operation } from "fast-json-patch";
import { describe, expect } from "vitest";
import { Child } from "./support/children.ts";
import { test } from "./support/fixtures.ts";
import { Market } from "./support/market.ts";
import { PYTHON, PYTHON_TIMEOUT, preparePython } from "./support/python.ts";
import { Curl, Fetch, ListeningSite, Patched, Plain } from "./support/readers.ts";

/** Enough for ticks that move the price, ticks that do not, and colours that change. */
const COUNT = 25;

const SOON = { timeout: 15_000, interval: 5 };
/** As many patches as have to be compared with the figures that another stream brings. */
const COMPARED = 20;

/** Applies the patches of one stream and compares what they make with the figures of another. */
const APPLY = `
import json, sys, threading, urllib.request
import jsonpatch

def events(url):
    event = {}
    with urllib.request.urlopen(url, timeout=30) as stream:
        for line in stream:
            field, _, value = line.decode().rstrip("\\n").partition(": ")
            if field:
                event[field] = value
                continue
            if "id" in event:
                yield event["id"], event.get("event"), json.loads(event["data"])
            event = {}

def listen(url):
    for id, _, figure in events(url):
        with news:
            whole[id] = figure
            news.notify()

def number(id):
    return int(id.rpartition("-")[2])

url, wanted = sys.argv[1], int(sys.argv[2])
whole, news = {}, threading.Condition()
threading.Thread(target=listen, args=[url], daemon=True).start()
with news:
    assert news.wait_for(lambda: whole, 30), "no figure"
held = figure = None
compared = 0
for id, name, data in events(url + "&updates=patch"):
    if name == "patch":
        assert data["from"] == held, f"{data['from']} is not {held}"
        figure = jsonpatch.apply_patch(figure, data["ops"])
    else:
        figure = data
    held = id
    with news:
        # A slow reader of figures is sent the newest, and so may never have this one.
        news.wait_for(lambda: number(next(reversed(whole))) >= number(id), 30)
        other = whole.get(id)
    if name == "patch" and other is not None:
        assert figure == other, f"{id} is not what it is patched to"
        compared += 1
        if compared == wanted:
            break
print(compared)
`;

interface Update {
  id: string;
  patch: { from: string; ops: Operation[] } | null;
  figure: object | null;
}

/** The first updates of a stream, each a figure or what turns the one before into it. */
function updates(url: string, count: number): Promise<Update[]> {
  return new Promise((resolve) => {
    const seen: Update[] = [];
    const source = new EventSource(url);
    const take = (update: Update) => {
      seen.push(update);
      if (seen.length < count) return;
      source.close();
      resolve(seen);
    };
    source.onmessage = ({ data, lastEventId: id }) =>
      take({ id, figure: JSON.parse(data), patch: null });
    source.addEventListener("patch", ({ data, lastEventId: id }) =>
      take({ id, figure: null, patch: JSON.parse(data) }),
    );
  });
}

describe("patches", () => {
  test("lead to the figures that other streams bring", async ({ server }) => {
    const view = `${server.url}/stream/AAPL?chart=candlestick&studies=volume,sma:20`;
    const [patched, figures] = await Promise.all([
      updates(`${view}&updates=patch`, COUNT),
      updates(view, COUNT),
    ]);
    const whole = new Map(figures.map(({ id, figure }) => [id, figure]));
    let held = { id: "", figure: {} as object };
    let compared = 0;
    for (const { id, figure, patch } of patched) {
      expect(patch?.from ?? held.id).toBe(held.id);
      const next = figure ?? fastJsonPatch.applyPatch(held.figure, patch?.ops ?? [], true, false);
      held = { id, figure: "newDocument" in next ? (next.newDocument as object) : next };
      if (!whole.has(id)) continue;
      expect(held.figure).toEqual(whole.get(id));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(COUNT / 2);
    expect(patched.filter(({ patch }) => patch !== null).length).toBeGreaterThan(COUNT / 2);
  });

  test.for(["candlestick&studies=volume,vwap,bb", "mountain"])(
    "lead Python's jsonpatch to the figures that other streams bring, chart=%s",
    { timeout: PYTHON_TIMEOUT },
    async (chart, { skip, start }) => {
      const obstacle = await preparePython();
      skip(obstacle !== null, obstacle ?? "");
      const { url } = await start({ env: { FIGCAST_SIM__TICK: "100ms" } });
      const stream = `${url}/stream/AAPL?chart=${chart}`;
      const child = new Child(PYTHON, ["-c", APPLY, stream, `${COMPARED}`]);
      expect(await child.exited(), child.stderr).toBe(0);
      expect(child.stdout.trim()).toBe(`${COMPARED}`);
    },
  );

  test("lead every client in every coding to the figures that others are sent", async ({
    browser,
    start,
    stopping,
  }) => {
    // The market moves only when every client has the figure before, so that none is passed over.
    const market = await stopping(Market.open(1));
    const server = await start(market.settings);
    const figures = `${server.url}/stream/AAPL?chart=candlestick&studies=volume,sma:20`;
    const patches = `${figures}&updates=patch`;
    const plain = await stopping(Plain.open(figures, new Patched("plain")));
    const chromium = await stopping(ListeningSite.open("Chromium", { patches }, Patched));
    const readers = await Promise.all([
      stopping(Plain.open(patches, new Patched("identity"))),
      ...["gzip", "zstd"].map((coding) =>
        stopping(Promise.resolve(new Curl(coding, patches, coding, Patched))),
      ),
      stopping(Promise.resolve(new Fetch("patches", patches, Patched))),
    ]);
    const context = await browser.newContext();
    await (await context.newPage()).goto(chromium.url);
    const all = [...readers, ...chromium.readers];
    const behind = () =>
      all.map(({ heard }) => heard).filter(({ last }) => last !== plain.heard.last);
    for (let moved = 0; moved <= COUNT; moved += 1) {
      if (moved > 0) market.step();
      await expect.poll(() => plain.heard.figures.length, SOON).toBeGreaterThan(moved);
      await expect
        .poll(() => behind().map(({ name, last }) => `${name}: ${last}`), SOON)
        .toEqual([]);
    }
    const newest = await (await fetch(figures.replace("/stream/", "/figure/"))).text();
    plain.heard.event(undefined, plain.heard.last ?? "", newest);
    expect(plain.heard.figures.pop()).toEqual(plain.heard.figures.at(-1));
    for (const { heard } of all) {
      expect(heard.figures, heard.name).toEqual(plain.heard.figures.slice(-heard.figures.length));
      expect((heard as Patched).patches, heard.name).toBeGreaterThanOrEqual(COUNT - 1);
    }
    expect(readers.map(({ heard }) => heard.coding)).toEqual([undefined, "gzip", "zstd", "gzip"]);
    expect(chromium.accepted).toContain("zstd");
    await context.close();
  });
});
