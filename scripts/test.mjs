// @ts-check
// npm test [-- vitest's arguments]: everything, from a fresh checkout; as root, as the tests run on a private Incus daemon.
import { main } from "./lib/main.mjs";
import { handOver } from "./lib/run.mjs";
import { prepareWorkspace } from "./lib/workspace.mjs";

await main(async () => {
  await prepareWorkspace();
  process.stdout.write("> testing\n");
  return await handOver(["node_modules/.bin/vitest", "run", ...process.argv.slice(2)]);
});
