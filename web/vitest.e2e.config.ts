import { defineConfig } from "vitest/config";

/** End-to-end tests drive a real browser against a running server: one file after another. */
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
