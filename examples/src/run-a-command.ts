// Makes a sandbox, runs a command in it, and leaves nothing behind.
import { createSandboxClient, expectSuccess } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

await using client = createSandboxClient({ backend: incusBackend() });
await using sandbox = await client.create({
  name: "example-command",
  source: { kind: "image", image: "debian/12" },
  memoryBytes: 512 * 2 ** 20,
});
const { stdout } = expectSuccess(await sandbox.exec(["cat", "/etc/os-release"], { timeoutMs: 10_000 }));
console.log(stdout);
