/**
 * A Vite plugin that makes a module of Plotly's script, for the page and for the tag in other people's pages. It
 * leaves nothing behind in a page: no global name, and no style sheet under the id of another Plotly.
 */
import type { Plugin } from "vite";

/** The id before the names of the sheets that our Plotly writes its rules into. */
export const SHEET_ID = "figcast.plotly-style-";

/** Places in the script, and what stands there in the module. */
const CHANGES: readonly (readonly [there: string, instead: string])[] = [
  ["window.Plotly = Plotly;", ""],
  ['"plotly.js-style-"', JSON.stringify(SHEET_ID)],
];

export function plotlyModule(): Plugin {
  return {
    name: "plotly-module",
    apply: "build",
    transform: {
      filter: { id: /plotly\.js-finance-dist-min/ },
      handler(script) {
        let code = script;
        for (const [there, instead] of CHANGES) {
          if (!code.includes(there)) this.error(`Plotly's script has no ${there} any more`);
          code = code.replaceAll(there, instead);
        }
        return {
          code: `const module = { exports: {} };\n${code}\nexport default module.exports;`,
          map: null,
        };
      },
    },
  };
}
