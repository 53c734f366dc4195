// Compiled only, with the compiler's own libraries and nothing else.
import { createSandboxClient, type Sandbox } from "@pixels/core";
import type { SandboxBackend } from "@pixels/core/backend";
import type { PixelsConfig } from "@pixels/core/config";
import { memoryBackend } from "@pixels/core/testing";

export async function main(name: PixelsConfig["defaults"]["image"]): Promise<void> {
  const backend: SandboxBackend = memoryBackend();
  await using client = createSandboxClient({ backend });
  const sandbox: Sandbox = await client.get(name);
  await sandbox.exec(["true"]);
}
