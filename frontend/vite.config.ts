import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const backend = process.env.MAILNODE_DEV_BACKEND ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    // Svelte gives its server build to anything that does not ask as a browser.
    conditions: ["browser"],
  },
  build: {
    target: "es2022",
    // The polyfill is an inline script, which our Content-Security-Policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 200,
  },
  server: { proxy: { "/api": backend } },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    testTimeout: 60_000, // a busy machine may stand still for a while
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
