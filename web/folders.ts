/**
 * A Vite plugin that has the page ask for everything relative to its own address, which a proxy or `server.base_path`
 * may have put below any path. The page of a chart, `chart.html`, is one folder deeper than the first one.
 */
import type { Plugin } from "vite";

const PAGE = "index.html";
/** An address of the page's own server, in an attribute. */
const OWN = /(?<= (?:href|src)=")\.?\/(?!\/)/g;

export function folders(): Plugin {
  return {
    name: "folders",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = bundle[PAGE];
        if (page?.type !== "asset") return this.error(`the page's build has no ${PAGE}`);
        const written = page.source.toString();
        page.source = written.replace(OWN, "./");
        const source = written.replace(OWN, "../");
        this.emitFile({ type: "asset", fileName: "chart.html", source });
      },
    },
  };
}
