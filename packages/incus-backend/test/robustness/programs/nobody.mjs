// @ts-check
// nobody.mjs <socket>: asks the daemon for a sandbox as a user who may do nothing, and prints how that ended.
import { createSandboxClient, PixelsError } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = ""] = process.argv.slice(2);
// everything is loaded by now, as this user may not be able to read it
process.setgroups?.([]);
process.setgid?.(65_534);
process.setuid?.(65_534);
const client = createSandboxClient({ backend: incusBackend({ socket }) });
try {
  await client.get("any");
} catch (error) {
  if (!PixelsError.is(error)) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, next: error.next })}\n`);
}
