/**
 * A Vite plugin that writes `embed.js` beside the page: the tag `<figcast-chart>` as one script without a module's
 * imports. It draws with the page's own components, on Preact in the place of React, and brings the page's own file
 * of Plotly when the first tag is there.
 */
import { join } from "node:path";
import { build, type Plugin } from "vite";

const SOURCE = join(import.meta.dirname, "src");

/** Modules of the page that the tag has of its own, by the end of their names. */
const REPLACED: Readonly<Record<string, string>> = {
  "/plotlyLibrary": join(SOURCE, "tag/plotlyLibrary.ts"),
};

export function embed(target: string[]): Plugin {
  return {
    name: "embed",
    apply: "build",
    async generateBundle(_, bundle) {
      const plotly = Object.values(bundle).find(
        (file) => file.type === "chunk" && file.name.startsWith("plotly"),
      );
      if (plotly === undefined) this.error("the page's build has no file of Plotly");
      for (const { fileName, source } of await script(target, plotly.fileName)) {
        this.emitFile({ type: "asset", fileName, source });
      }
    },
  };
}

async function script(
  target: string[],
  plotly: string,
): Promise<{ fileName: string; source: string | Uint8Array }[]> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [ownModules()],
    define: { PLOTLY_FILE: JSON.stringify(plotly) },
    resolve: {
      alias: {
        "react/jsx-runtime": "preact/jsx-runtime",
        "react-dom/client": "preact/compat/client",
        react: "preact/compat",
      },
    },
    build: {
      write: false,
      target,
      license: { fileName: "embed-licenses.txt" },
      lib: {
        entry: join(SOURCE, "tag/embed.ts"),
        formats: ["iife"],
        // Asked for, and not used: the script exports nothing.
        name: "figcast",
        fileName: () => "embed.js",
      },
    },
  });
  const [once] = Array.isArray(built) ? built : [built];
  if (once === undefined || !("output" in once)) throw new Error("the tag is built once");
  return once.output.map((file) => ({
    fileName: file.fileName,
    source: file.type === "chunk" ? inAscii(file.code) : file.source,
  }));
}

/** A page that does not say what its letters are has a script of another site read in an old coding. */
function inAscii(code: string): string {
  // Unit by unit: a character beyond the first plane is two of them in a string.
  return code.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Finds what the tag has in the place of the page's. */
function ownModules(): Plugin {
  return {
    name: "own-modules",
    enforce: "pre",
    resolveId(specifier, importer) {
      const [, own] = Object.entries(REPLACED).find(([end]) => specifier.endsWith(end)) ?? [];
      return own === importer ? null : own;
    },
  };
}
