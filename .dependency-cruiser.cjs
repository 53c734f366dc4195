/** The layers, as DESIGN's table has them. What is not allowed here is refused. */
const above = (name, own, allowed) => ({
  name,
  severity: "error",
  from: { path: `^${own}/` },
  to: { path: `^(packages|apps|tools)/`, pathNot: [`^${own}/`, ...allowed.map((path) => `^${path}/`)] },
});
const only = (library, ...owners) => ({
  name: `${library}-has-an-owner`,
  severity: "error",
  from: { pathNot: owners },
  to: { path: `node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    above("core-is-lowest", "packages/core", []),
    above("incus-backend-knows-core", "packages/incus-backend", ["packages/core"]),
    above("provisioner-knows-core", "packages/provisioner", ["packages/core"]),
    above("incus-host-knows-core-and-incus", "packages/incus-host", [
      "packages/core",
      "packages/incus-backend",
    ]),
    above("testbed-is-thin-over-incus-host", "tools/testbed", ["packages"]),
    above("quickstart-composes", "tools/quickstart", ["packages"]),
    above("cli-composes", "apps/cli", ["packages"]),
    {
      name: "rest-knows-no-sandboxes",
      severity: "error",
      from: { path: "^packages/incus-backend/src/rest/" },
      to: { path: "^packages/incus-backend/src/(?!rest/)" },
    },
    only("smol-toml", "^packages/core/src/config/"),
    only("vitest", "^packages/core/src/testing/", "^tools/testbed/src/vitest"),
    only("ws", "^packages/incus-backend/src/"),
    only("clipanion", "^apps/cli/src/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/(dist|[.]types|coverage|test|bench)/|[.]test[.]ts$|build[.]mjs$" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@pixels/source", "import", "node", "default", "types"],
    },
  },
};
