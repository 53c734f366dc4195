// Plain JavaScript: makes a sandbox of the name that it is given, runs a command in it, and removes it.
import { createSandboxClient, PixelsError } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [name = "", socket = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket }) });
try {
  const sandbox = await client.create({ name, source: { kind: "image", image: "debian/12" } });
  try {
    const { status, stdout } = await sandbox.exec(["sh", "-c", 'echo "said $0"; exit 3', "a b"]);
    console.log(stdout.trim(), status.exitCode);
  } finally {
    await sandbox.destroy();
  }
  await client.get(name);
} catch (error) {
  if (!PixelsError.is(error)) throw error;
  console.log(error.code);
} finally {
  await client[Symbol.asyncDispose]();
}
