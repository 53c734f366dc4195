// Reads the output of a command while it runs, and stops it when there was enough.
import { createSandboxClient, shell } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

await using client = createSandboxClient({ backend: incusBackend() });
await using sandbox = await client.create({
  name: "example-stream",
  source: { kind: "image", image: "debian/12" },
});
await using process = await sandbox.spawn(shell("i=0; while :; do echo $((i += 1)); sleep 0.05; done"));
let lines = 0;
for await (const { data } of process.output) {
  console.log(Buffer.from(data).toString().trimEnd());
  if (++lines === 3) break;
}
await process.kill();
const { exitCode } = await process.wait();
console.log(`ended with ${exitCode}`);
