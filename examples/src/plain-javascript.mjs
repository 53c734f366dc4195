// The same without TypeScript and without `await using`: ownership by try and finally.
import { createSandboxClient, PixelsError } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const client = createSandboxClient({ backend: incusBackend() });
try {
  const sandbox = await client.create({
    name: "example-plain",
    source: { kind: "image", image: "debian/12" },
  });
  try {
    const result = await sandbox.exec(["sh", "-c", "echo to stdout; exit 3"]);
    console.log(result.stdout.trim(), "with exit code", result.status.exitCode);
    await sandbox.exec(["ls"], { cwd: "/nowhere" });
  } catch (error) {
    // decide by code: the words may change
    if (!PixelsError.is(error) || error.code !== "WORKING_DIRECTORY_NOT_FOUND") throw error;
    console.log(error.code);
  } finally {
    await sandbox.destroy();
  }
} finally {
  await client[Symbol.asyncDispose]();
}
