import { join } from "node:path";
import { defineConfig } from "vite";

const PACKAGE = join(import.meta.dirname, "package");

/** The npm package: three modules for the bundlers of others, and what they share. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: join(PACKAGE, "dist"),
    emptyOutDir: true,
    target: "es2022",
    // A bundler of the page's own makes it small.
    minify: false,
    lib: {
      entry: ["index", "element", "react"].map((name) => join(PACKAGE, `${name}.ts`)),
      formats: ["es"],
    },
    rolldownOptions: { external: ["react"] },
  },
});
