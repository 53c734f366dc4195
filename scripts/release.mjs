// @ts-check
// pnpm release: publishes the packages whose version npm does not have. Run by the release workflow, once the versions are merged.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { main } from "./lib/main.mjs";
import { publishedPackages } from "./lib/packages.mjs";
import { handOver, root, runStep, StepError } from "./lib/run.mjs";

await main(async () => {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (!server || !repository)
    throw new StepError("GITHUB_SERVER_URL and GITHUB_REPOSITORY must name where the sources are", 2);
  await runStep("building", ["pnpm", "build"]);
  // npm takes no provenance for a package that does not name the repository it was built from
  for (const path of await publishedPackages()) setRepository(path, `git+${server}/${repository}.git`);
  return await handOver(["pnpm", "exec", "changeset", "publish"]);
});

/**
 * @param {string} path the package's folder
 * @param {string} url
 */
function setRepository(path, url) {
  const file = join(path, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.repository = { type: "git", url, directory: relative(root, path) };
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
