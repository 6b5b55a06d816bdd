/**
 * A Vite plugin that has the page ask for a chunk at once which its code would ask for a little later:
 * the largest file should not wait for a smaller one to be read.
 */
import type { Plugin } from "vite";

export function preload(name: RegExp): Plugin {
  return {
    name: "preload",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter(
          (file) => file.type === "chunk" && name.test(file.name),
        );
        return chunks.map(({ fileName }) => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `./${fileName}` },
          injectTo: "head" as const,
        }));
      },
    },
  };
}
