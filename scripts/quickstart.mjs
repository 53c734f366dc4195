// @ts-check
// npm run quickstart [-- --keep | --down]: from a fresh checkout to a command in a sandbox.
import { main } from "./lib/main.mjs";
import { handOver } from "./lib/run.mjs";
import { prepareWorkspace } from "./lib/workspace.mjs";

await main(async () => {
  await prepareWorkspace();
  return await handOver([process.execPath, "tools/quickstart/dist/main.js", ...process.argv.slice(2)]);
});
