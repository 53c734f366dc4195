import { defineConfig } from "vitest/config";

// Workspace packages resolve to their TypeScript sources, so tests need no build first.
const conditions = ["@pixels/source"];
// loops that take minutes, in files that end in .long.ts
const long = process.env["PIXELS_TEST_LONG"] === "1" ? ["test/**/*.long.ts"] : [];

/** One project a package, under the package's own name; `daemon`: its tests talk to the private Incus daemon. */
function project(name: string, root: string, options: { daemon?: boolean } = {}) {
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name,
      root,
      include: ["src/**/*.test.ts", "test/**/*.test.ts", "*.test.ts", ...long],
      testTimeout: 60_000,
      hookTimeout: 120_000,
      ...(options.daemon
        ? { globalSetup: [new URL("tools/testbed/src/vitest.ts", import.meta.url).pathname] }
        : {}),
    },
  };
}

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line.reporter.ts"],
    projects: [
      project("@pixels/core", "packages/core"),
      project("@pixels/incus-backend", "packages/incus-backend", { daemon: true }),
      project("@pixels/incus-host", "packages/incus-host"),
      project("@pixels/provisioner", "packages/provisioner", { daemon: true }),
      project("@pixels/cli", "apps/cli", { daemon: true }),
      project("@pixels/testbed", "tools/testbed"),
      project("@pixels/examples", "examples", { daemon: true }),
      project("@pixels/bench", "bench"),
      project("@pixels/packages", "test/packages", { daemon: true }),
    ],
  },
});
