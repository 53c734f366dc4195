import { defineConfig } from "vitest/config";

/** `pnpm test:long`: what takes minutes. Files end in .long.ts, so that the ordinary run passes over them. */
const conditions = ["@pixels/source"];
const workspace = new URL("../../../..", import.meta.url).pathname;

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    name: "@pixels/incus-backend long",
    root: `${workspace}packages/incus-backend`,
    include: ["test/long/**/*.long.ts"],
    globalSetup: [`${workspace}tools/testbed/src/vitest.ts`],
    reporters: ["verbose", `${workspace}test/closing-line.reporter.ts`],
    hookTimeout: 120_000,
  },
});
