/** The shape of src/: rooms that import downward only, no circle of files, and files of a readable size. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";

/** From the bottom up; a room imports only from lines above its own. */
const LAYERS = [
  ["lib/wire"],
  ["lib/bars"],
  ["lib/stream", "lib/chart"],
  ["lib/text"],
  ["lib/picture", "lib/page"],
  ["hooks"],
  ["components"],
  ["tag"],
  ["main"],
];

const MAX_LINES = 300;

const SOURCE = join(import.meta.dirname, "../src");

/** Texts by the path below src/. */
const files = new Map(
  readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(tsx?|css)$/.test(path))
    .toSorted()
    .map((path) => [path, readFileSync(join(SOURCE, path), "utf8")]),
);
const modules = [...files].filter(([path]) => !path.endsWith(".css"));

/** The files that a text imports, types as well as values, by their paths below src/. */
function importsOf(path: string, text: string, known: ReadonlySet<string>): string[] {
  const specifiers = text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...specifiers].flatMap(([, specifier = ""]) => {
    const target = normalize(join(dirname(path), specifier));
    const endings = ["", ".ts", ".tsx", ".d.ts"];
    return endings.map((ending) => target + ending).filter((file) => known.has(file));
  });
}

/** Files that import each other, each circle from one of its files back to the same. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file);
    if (start >= 0) circles.push([...way.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}

function importsIn(texts: readonly (readonly [string, string])[]): Map<string, string[]> {
  const known = new Set(texts.map(([path]) => path));
  return new Map(texts.map(([path, text]) => [path, importsOf(path, text, known)]));
}

function layerOf(path: string): number {
  const parts = path.split("/");
  const room = parts[0] === "lib" ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
  return LAYERS.findIndex((rooms) => rooms.includes(room.replace(/\.tsx$/, "")));
}

it("every file is in a room of the table", () => {
  const homeless = modules.map(([path]) => path).filter((path) => layerOf(path) < 0);
  expect(homeless).toEqual([]);
});

it("rooms import downward only", () => {
  const upward = [...importsIn(modules)].flatMap(([path, imported]) =>
    imported
      .filter((other) => dirname(other) !== dirname(path) && layerOf(other) >= layerOf(path))
      .map((other) => `${path} imports ${other}`),
  );
  expect(upward).toEqual([]);
});

it("no files import each other in a circle, not even for a type", () => {
  expect(circlesIn(importsIn(modules))).toEqual([]);
  const circle = [
    ["lib/a.ts", 'import type { B } from "./b";'],
    ["lib/b.ts", 'import {\n  c,\n} from "../c";'],
    ["c.tsx", 'export { a } from "./lib/a";'],
  ] as const;
  expect(circlesIn(importsIn(circle))).toEqual([["lib/a.ts", "lib/b.ts", "c.tsx", "lib/a.ts"]]);
});

it("every file opens with what it is for", () => {
  const silent = [...files].filter(([, text]) => !/^(\/\*|\/\/ Written by)/.test(text));
  expect(silent.map(([path]) => path)).toEqual([]);
});

it("every file is short enough to be read at once", () => {
  const long = [...files].filter(([, text]) => text.trimEnd().split("\n").length > MAX_LINES);
  expect(long.map(([path]) => path)).toEqual([]);
});

it("a type has a name of its own", () => {
  const names = modules.flatMap(([path, text]) => {
    const declared = text.matchAll(/^(?:export )?(?:interface|type|class|enum) (\w+)/gm);
    return [...declared].map(([, name = ""]) => [name, path] as const);
  });
  const twice = names.filter(([name], index) =>
    names.some(([other], at) => at !== index && other === name),
  );
  expect(twice.map(([name, path]) => `${name} in ${path}`)).toEqual([]);
});
