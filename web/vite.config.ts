import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { styleHashes } from "./csp";
import { knownDocuments } from "./documents";

/** Two entries into the server's static folder: the dashboard, and GraphiQL with its own workers. */
export default defineConfig({
  plugins: [react(), styleHashes(), knownDocuments()],
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      // GraphiQL's packages carry a hint for React's compiler, which is not used here.
      onLog: (level, log, report) => log.code !== "MODULE_LEVEL_DIRECTIVE" && report(level, log),
      input: {
        dashboard: resolve(import.meta.dirname, "index.html"),
        graphiql: resolve(import.meta.dirname, "graphiql/index.html"),
      },
    },
  },
  worker: { format: "es" },
  server: {
    proxy: {
      "/graphql": { target: "http://127.0.0.1:8080", ws: true },
      "/auth": { target: "http://127.0.0.1:8080" },
    },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
