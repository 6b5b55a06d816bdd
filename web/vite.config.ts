import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { embed } from "./embed.ts";
import { folders } from "./folders.ts";
import { plotlyModule } from "./plotlyModule.ts";
import { precompress } from "./precompress.ts";
import { preload } from "./preload.ts";

/** Where `npm run dev` finds the figcast server. */
const SERVER = process.env.FIGCAST_URL ?? "http://127.0.0.1:8080";

// light-dark() is used as written; older targets would rewrite it.
const TARGET = ["chrome123", "firefox128", "safari17.5"];

export default defineConfig({
  plugins: [react(), plotlyModule(), preload(/^plotly/), embed(TARGET), folders(), precompress()],
  // Files name each other relative to themselves.
  base: "./",
  build: {
    target: TARGET,
    // The polyfill is for browsers without module preload, none of which is in the target.
    modulePreload: { polyfill: false },
    // Every asset is a file: the page's policy forbids data: fonts and scripts.
    assetsInlineLimit: 0,
    // Plotly is one 1.3 MB file by nature; the page's own code is watched by its size in the report.
    chunkSizeWarningLimit: 1400,
    // Minifying drops the banners of what is bundled; their notices travel in this file.
    license: { fileName: "licenses.txt" },
  },
  server: {
    proxy: {
      "/stream": SERVER,
      "/figure": SERVER,
      "/bars": SERVER,
      "/views": SERVER,
      "/search": SERVER,
    },
  },
});
