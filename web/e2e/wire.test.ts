/**
 * `src/lib/wire/wire.gen.ts` is written from what the server says, never by hand. When this fails the two
 * have drifted apart: `npm run wire` writes it anew, and the compiler tells what that means.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EventSource } from "eventsource";
import { expect } from "vitest";
import { parseKey, splitKey, viewKey } from "../src/lib/wire/viewKey.ts";
import type { Views } from "../src/lib/wire/views.ts";
import { test } from "./support/fixtures.ts";
import { inferType } from "./support/inferType.ts";

const GENERATED = "../src/lib/wire/wire.gen.ts";

const WEB = join(import.meta.dirname, "..");

const BARS = `time,open,high,low,close,volume
2026-08-31T09:30:00,10,11,9,10.5,100
2026-08-31T09:31:00,10.5,11,10,10.75,120
`;

/** Views that a reader may write, each in its own way. */
const SPELLINGS = [
  "aapl",
  "AAPL;range=5d",
  "AAPL;interval=1h;chart=ohlc",
  "AAPL;interval=1d;range=max",
  "^GSPC;studies=sma,bb:30,macd:5:20,vwap",
  "BRK-B;studies=bb:20:2.50,bb:20:2.25,stoch",
  "AAPL;compare=msft,^gspc,EURUSD=X",
  "EURUSD=X;chart=spark;range=ytd",
];

const WORDS = {
  FeedState: [
    "loading",
    "live",
    "closed",
    "stale",
    "error",
    "not_found",
    "refused",
    "forbidden",
    "busy",
  ],
  Resume: ["resumed", "snapshot"],
  SessionState: ["pre", "open", "lunch", "post", "closed"],
};

const KNOWN = {
  state: "FeedState",
  resume: "Resume",
  delay: "number | null",
  last: "number | null",
  asOf: "string | null",
  session: "Session | null",
  since: "string | null",
};

/** Named by itself: a session's state is not a feed's. */
const SESSION = `/** What a market does, until when (RFC 3339), and what then. */
export interface Session {
  state: SessionState;
  until: string | null;
  next: SessionState | null;
}
`;

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

/** The first statuses of a stream, one a view. */
function statuses(url: string, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const seen: unknown[] = [];
    const source = new EventSource(url);
    source.addEventListener("status", ({ data }) => {
      if (seen.push(JSON.parse(data)) < count) return;
      source.close();
      resolve(seen);
    });
  });
}

function constant(
  name: string,
  about: string,
  value: Record<string, unknown>,
  type = "Readonly<Record<string, string>>",
): string {
  return `/** ${about} */\nexport const ${name}: ${type} = ${JSON.stringify(value, null, 2)};\n`;
}

/** Words in the server's order, as a list and as a type. */
function words(list: string, name: string, about: string, values: readonly string[]): string {
  return `/** ${about} */
export const ${list} = ${JSON.stringify(values)} as const;
export type ${name} = (typeof ${list})[number];
`;
}

/** The values of an option of a view. */
function valuesOf({ options }: Views, option: string): string[] {
  const found = options.find(({ name }) => name === option);
  return found?.kind === "choice" ? found.values.map(({ value }) => value) : [];
}

const COLOR_TABLE = `/** The colours of a theme. */
export interface ColorTable {
  roles: Readonly<Record<Role, string>>;
  /** Of rising and of falling bars. */
  directions: Readonly<Record<Palette, readonly [rising: string, falling: string]>>;
  /** What the server's own brand sets around the bars: ground, words, and a font. */
  brand?: Readonly<Record<string, string>>;
}
`;

function declaration(name: string, about: string, examples: readonly unknown[]): string {
  return `/** ${about} */\nexport interface ${name} ${inferType(examples, KNOWN)}\n`;
}

test("the types and tables of the wire are those of the server", async ({ server, start }) => {
  const folder = await mkdtemp(join(tmpdir(), "figcast-wire-"));
  try {
    await writeFile(join(folder, "bars.csv"), BARS);
    // A recording of which nothing but its bars is known.
    const replay = await start({ args: ["--file", `ACME=${join(folder, "bars.csv")}`] });
    const figures = await Promise.all(
      [
        `${server.url}/figure/AAPL`,
        `${server.url}/figure/AAPL?compare=MSFT,NOPE1`,
        `${server.url}/figure/AAPL?interval=1d&range=max`,
        `${server.url}/figure/EURUSD=X?studies=obv`,
        `${replay.url}/figure/ACME`,
      ].map(json),
    );
    const metas = figures.map((figure) => (figure as { layout: { meta: unknown } }).layout.meta);
    const views = (await json(`${server.url}/views`)) as Views;
    const told = [
      ...(await statuses(`${server.url}/stream?view=AAPL&view=MSFT;range=9y`, 2)),
      ...(await statuses(`${replay.url}/stream/ACME?last_event_id=x`, 1)),
    ];
    const defaults = Object.fromEntries(views.defaultKey.split(";").map((part) => part.split("=")));
    const text = [
      "// Written by `npm run wire` from what the server answers. Do not edit.\n",
      ...Object.entries(WORDS).map(
        ([name, words]) =>
          `export type ${name} = ${words.map((word) => JSON.stringify(word)).join(" | ")};\n`,
      ),
      SESSION,
      declaration("FigureMeta", "`layout.meta` of a figure.", metas),
      declaration("StreamStatus", "The data of a `status` event.", told),
      words("THEMES", "ThemeName", "The themes of figures.", valuesOf(views, "theme")),
      words("PALETTES", "Palette", "Colours of rising and falling.", valuesOf(views, "palette")),
      words(
        "ROLES",
        "Role",
        "What a colour stands for: the `meta` of a trace.",
        Object.keys(views.colors.dark.roles),
      ),
      COLOR_TABLE,
      constant(
        "COLORS",
        "The colours of every theme, until the server says others.",
        views.colors,
        "Readonly<Record<ThemeName, ColorTable>>",
      ),
      constant("DEFAULTS", "What an option of a view is when nothing is said.", defaults),
      constant(
        "USUAL_STUDIES",
        "Every study with its usual parameters.",
        Object.fromEntries(
          views.studies.map(({ name, parameters }) => [
            name,
            [name, ...parameters.map((parameter) => parameter.default)].join(":"),
          ]),
        ),
      ),
    ];
    await expect(text.join("\n")).toMatchFileSnapshot(GENERATED);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Charts that between them have every kind of trace, shape, label and axis. */
const CHARTS = [
  "chart=mountain",
  "chart=line&range=5d",
  "chart=spark",
  "chart=candlestick&studies=volume,bb,vwap,rsi",
  "chart=heikin-ashi&studies=macd,stoch,atr,sma",
  "chart=ohlc&interval=1h&range=3mo&studies=obv,ema,wma",
  "chart=candlestick&interval=1d&range=2y&theme=light",
  "chart=candlestick&interval=1mo&range=max&scale=log",
  "session=extended&range=5d",
  "compare=MSFT,NVDA",
];

/** Why the compiler does not take figures for `Figure`; null when it does. */
async function complaint(figures: readonly unknown[]): Promise<string | null> {
  const folder = await mkdtemp(join(WEB, "served-"));
  const literals = figures.map((figure) => JSON.stringify(figure));
  const lines = [
    'import type { Figure } from "../src/lib/wire/figure";',
    ...literals.map((text, index) => `export const figure${index}: Served = ${text};`),
    "type Served = Figure & { config: object };",
  ];
  try {
    await writeFile(join(folder, "figures.ts"), lines.join("\n"));
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../tsconfig.json", include: ["figures.ts"] }),
    );
    const compiler = join(WEB, "node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [compiler, "-p", folder]);
    return null;
  } catch (error) {
    return String(Reflect.get(Object(error), "stdout") || error);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("every figure of the server is one by the page's types, with no attribute more", async ({
  server,
}) => {
  const figures: unknown[] = [];
  // One after another: a client may not have many requests under way at once.
  for (const chart of CHARTS) figures.push(await json(`${server.url}/figure/AAPL?${chart}`));
  expect(await complaint(figures)).toBeNull();
  const [figure] = figures as Record<string, unknown>[];
  expect(await complaint([{ ...figure, frames: [] }])).toMatch(/frames/);
});

/** What the server calls the view of a key. */
async function canonical(url: string, key: string): Promise<string> {
  const { symbol, options } = splitKey(key);
  const path = `/figure/${encodeURIComponent(symbol)}?${new URLSearchParams(options)}`;
  const figure = (await json(`${url}${path}`)) as { layout: { meta: { view: string } } };
  return figure.layout.meta.view;
}

/** Which keys a merged stream says that the views of these have. */
function named(url: string, keys: readonly string[]): Promise<Record<string, string>> {
  return new Promise((resolve) => {
    const source = new EventSource(
      `${url}/stream?${new URLSearchParams(keys.map((key) => ["view", key]))}`,
    );
    source.addEventListener("views", ({ data }) => {
      source.close();
      resolve(JSON.parse(data));
    });
  });
}

test.for(SPELLINGS)("%s is the same view by the page's key", async (spelling, { server }) => {
  const key = viewKey(parseKey(spelling));
  const view = await canonical(server.url, spelling);
  expect(await canonical(server.url, key)).toBe(view);
  // The server spells what the page leaves to it, and says so where it matters.
  const pair = /interval=\w+;range=\w+;/;
  expect(view.replace(pair, "")).toBe(key.replace(/(interval|range)=\w+;/g, ""));
  const names = await named(server.url, ["MSFT", key]);
  expect(names[key] ?? key).toBe(view);
});
