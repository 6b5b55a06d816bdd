/** The npm package, as somebody uses it: packed, installed, checked by the compiler and built with Vite. */
// biome-ignore-all lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { expect } from "vitest";
import { DEADLINE } from "./support/chart.ts";
import { test as base } from "./support/fixtures.ts";
import { host } from "./support/host.ts";

const WEB = join(import.meta.dirname, "..");
const run = promisify(execFile);

const MAIN = `
import { createElement, useState } from "react";
import { createRoot } from "react-dom/client";
import { connect, type StreamView } from "figcast";
import { FigcastChart } from "figcast/react";

const server = "SERVER";

function Page() {
  const [symbol, setSymbol] = useState("AAPL");
  const [last, setLast] = useState<number | null>(null);
  return createElement("section", null,
    createElement("button", { onClick: () => setSymbol("MSFT") }, "Other"),
    createElement("output", null, last),
    createElement(FigcastChart, {
      server, symbol, range: "5d", theme: "light", className: "mine", onQuote: (quote) => setLast(quote.last),
    }));
}
createRoot(document.querySelector("main") as HTMLElement).render(createElement(Page));

const told = document.querySelector("pre") as HTMLElement;
let figures = 0;
const stop = connect({ server }).watch({ symbol: "NVDA", studies: ["sma:20"] }, (view: StreamView) => {
  if (view.figure === null) return;
  figures += 1;
  told.textContent = \`\${view.symbol} \${view.meta?.quote.last} \${view.connection} \${figures}\`;
  if (figures === 3) stop();
});
`;

/** Mistakes that the types of the package have to find. */
const WRONG = `
import { createElement } from "react";
import { FigcastChart } from "figcast/react";
createElement(FigcastChart, { server: "", symbol: "AAPL", theme: "sepia" });
createElement(FigcastChart, { symbol: "AAPL" });
document.createElement("figcast-chart").addEventListener("figcast:quote", ({ detail }) => detail.lst);
`;

const test = base.extend("project", { scope: "file" }, async ({}, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), "figcast-package-"));
  onCleanup(() => rm(folder, { recursive: true }));
  await run("npm", ["run", "package"], { cwd: WEB });
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: join(WEB, "package"),
  });
  const [{ filename, size }] = JSON.parse(stdout);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run(
    "npm",
    ["install", "--offline", "--no-audit", "--no-fund", "--legacy-peer-deps", `./${filename}`],
    {
      cwd: folder,
    },
  );
  // React is the project's own: that of this repository.
  for (const name of ["react", "react-dom", "scheduler", "@types"]) {
    await symlink(join(WEB, "node_modules", name), join(folder, "node_modules", name));
  }
  return { folder, size };
});

function compiled(folder: string, file: string): Promise<string> {
  const compiler = join(WEB, "node_modules/typescript/bin/tsc");
  const options = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
  ];
  const settings = ["--target", "es2022", "--lib", "es2023,dom,dom.iterable", "--types", "react"];
  return run(process.execPath, [compiler, ...options, ...settings, file], { cwd: folder }).then(
    () => "",
    (error) => String(Reflect.get(Object(error), "stdout") || error),
  );
}

test("is small, and its types find mistakes and nothing else", async ({ project }) => {
  const { folder, size } = project;
  expect(size).toBeLessThan(40_000);
  await writeFile(join(folder, "main.ts"), MAIN);
  await writeFile(join(folder, "wrong.ts"), WRONG);
  expect(await compiled(folder, "main.ts")).toBe("");
  const found = (await compiled(folder, "wrong.ts")).match(/wrong\.ts\(\d+/g);
  expect(new Set(found)).toEqual(new Set(["wrong.ts(4", "wrong.ts(5", "wrong.ts(6"]));
});

test("draws a chart with React, follows its property, and tells a client of figures", async ({
  project,
  server,
  stopping,
  visit,
}) => {
  const { folder } = project;
  await writeFile(join(folder, "main.ts"), MAIN.replace("SERVER", server.url));
  await build({
    configFile: false,
    logLevel: "silent",
    mode: "production",
    root: folder,
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      outDir: "built",
      lib: { entry: join(folder, "main.ts"), formats: ["es"], fileName: () => "main.js" },
    },
  });
  const script = await readFile(join(folder, "built/main.js"), "utf8");
  const site = await stopping(
    host({
      body: '<style>.mine { height: 240px }</style><main></main><pre></pre><script type="module" src="/main.js"></script>',
      files: { "/main.js": script },
    }),
  );
  const page = await visit(site.url, { expected: /^request to / });
  const panel = page.getByTestId("panel").first();
  const state = () => panel.getAttribute("data-state", { timeout: 900 }).catch(() => null);
  await expect.poll(state, DEADLINE).toBe("chart");
  const chart = page.locator("figcast-chart");
  expect((await chart.boundingBox())?.height).toBe(240);
  await expect.poll(() => page.locator("output").textContent(), DEADLINE).toMatch(/^\d/);
  await page.getByRole("button", { name: "Other" }).click();
  await expect.poll(() => page.getByTestId("symbol").textContent(), DEADLINE).toBe("MSFT");
  await expect
    .poll(() => page.locator("pre").textContent(), DEADLINE)
    .toMatch(/^NVDA [\d.]+ live 3$/);
});
