/** The rules of Plotly's that a tag has in its shadow tree are Plotly's. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";

const LIBRARY = readFileSync(
  createRequire(import.meta.url).resolve("plotly.js-finance-dist-min"),
  "utf8",
);
const SHEET = readFileSync(join(import.meta.dirname, "../src/styles/plotly.css"), "utf8");

/** Rules as `selector { declarations }`, without the declarations for old browsers. */
function rulesOf(text: string): string[] {
  const bare = text.replace(/\/\*.*?\*\//gs, "");
  return [...bare.matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(
    ([, selector = "", body = ""]) =>
      `${words(selector)} {${body
        .split(";")
        .map(words)
        .filter((said) => said !== "" && !/^-|: -webkit-|font-family/.test(said))
        .join("; ")}}`,
  );
}

function words(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/\s*([,:])\s*/g, "$1 ")
    .trim();
}

/** What Plotly writes into the document when it is loaded. */
function written(): string[] {
  const table = /\{("X,X div":.*?)\};for/s.exec(LIBRARY)?.[1] ?? "";
  const rules = table.matchAll(/(?:"([^"]+)"|\b(Y)):(?:'([^']*)'|"([^"]*)")/g);
  return [...rules].flatMap(([, selector, notifier, single, double]) => {
    const named = (selector ?? notifier ?? "").replace(/X/g, ".js-plotly-plot .plotly");
    return rulesOf(`${named} {${single ?? double}}`);
  });
}

it("the rules of a tag for Plotly are among those that Plotly has", () => {
  const own = rulesOf(SHEET);
  expect(own.length).toBeGreaterThan(10);
  expect(written()).toEqual(expect.arrayContaining(own));
});

it("what moves a drawing and lets a hand reach it is among the rules of a tag", () => {
  const own = rulesOf(SHEET).join("\n");
  for (const selector of [".main-svg {", ".main-svg .draglayer {", ".crisp {"]) {
    expect(own).toContain(selector);
  }
});
