import { createSandboxClient, shell } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

// a job goes on without us: whoever knows its id can read what it writes, from any process
await using client = createSandboxClient({ backend: incusBackend() });
await using sandbox = await client.create({ name: "job", source: { kind: "image", image: "debian/12" } });
const { id } = await sandbox.jobs.start(shell("for n in 1 2 3; do echo step $n; sleep 0.2; done; exit 4"));
for (let cursor: string | undefined; ;) {
  const part = await sandbox.jobs.read(id, { cursor, waitMs: 30_000 });
  for (const { data } of part.chunks) process.stdout.write(data);
  cursor = part.cursor;
  if (!part.end) continue;
  console.log(`ended with ${part.status?.exitCode}`);
  break;
}
