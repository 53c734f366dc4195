// @ts-check
// node scripts/check.mjs: `pnpm check` from a fresh checkout.
import { main } from "./lib/main.mjs";
import { handOver } from "./lib/run.mjs";
import { prepareWorkspace } from "./lib/workspace.mjs";

await main(async () => {
  const pnpm = await prepareWorkspace();
  process.stdout.write("> checking\n");
  return await handOver([pnpm, "check"]);
});
