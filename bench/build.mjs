// @ts-check
import { rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

// Usage: node build.mjs. Bundles the floors that are processes into floor/dist, with the settings of apps/cli/build.mjs: what is compared
// then differs in what it does, not in how it was packed.
const here = import.meta.dirname;
const dir = join(here, "floor/dist");
rmSync(dir, { recursive: true, force: true });

const bundle = await rolldown({
  cwd: here,
  input: { exec: "src/floor/exec-process.ts" },
  platform: "node",
  resolve: { conditionNames: ["@pixels/source"] },
  transform: { target: "node20" },
  external: ["bufferutil", "utf-8-validate"],
  onLog(level, log, next) {
    if (level === "warn") throw new Error(log.message);
    next(level, log);
  },
});
await bundle.write({
  dir,
  format: "cjs",
  minify: false,
  comments: { legal: true, annotation: false, jsdoc: false },
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name]-[hash].cjs",
});
await bundle.close();
