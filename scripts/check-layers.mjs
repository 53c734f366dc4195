// @ts-check
// Runs dependency-cruiser and makes sure that it has really read the TypeScript: without a compiler that it understands it passes
// over every .ts file and reports success.
import { execFileSync } from "node:child_process";

const output = execFileSync(
  "depcruise",
  ["packages", "apps", "tools", "--config", ".dependency-cruiser.cjs", "--output-type", "json"],
  { encoding: "utf8", maxBuffer: 256 * 1024 * 1024, stdio: ["ignore", "pipe", "inherit"] },
);
const { summary, modules } = JSON.parse(output);
const tracked = execFileSync(
  "git",
  [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "packages/*/src/*.ts",
    "apps/*/src/*.ts",
    "tools/*/src/*.ts",
  ],
  { encoding: "utf8" },
)
  .split("\n")
  .filter((path) => path !== "" && !path.endsWith(".test.ts"));
const cruised = new Set(modules.map((/** @type {{ source: string }} */ module) => module.source));
const missed = tracked.filter((path) => !cruised.has(path));

for (const { from, to, rule } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
for (const path of missed) console.error(`not read: ${path}`);
if (summary.violations.length > 0 || missed.length > 0) process.exitCode = 1;
else console.log(`${tracked.length} modules keep to their layers`);
