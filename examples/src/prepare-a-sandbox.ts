import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";
import { createPreparer, readProvisioning } from "@pixels/provisioner";

// what is written into every sandbox of this client; the developer tools would be installed in the background
const prepare = createPreparer({ env: { GREETING: "hello" }, devtools: false });
await using client = createSandboxClient({ backend: incusBackend(), prepare });
const source = { kind: "image", image: "debian/12" } as const;
await using sandbox = await client.create({ name: "prepared", source, env: { NAME: "box" } });
const { stdout } = await sandbox.exec(["sh", "-c", 'echo "$GREETING $NAME from $(id -un)"']);
process.stdout.write(stdout);
const provisioning = await readProvisioning(sandbox);
for (const { title, detail } of provisioning?.steps.filter(({ state }) => state === "failed") ?? [])
  console.log(`${title}: ${detail}`);
