// @ts-check
// library-user.mjs <socket> <action> <name>: does one thing by way of the library, as a program of a user would, and ends.
import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = "", action = "", name = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket }) });
const sandbox = client.sandbox(name);
switch (action) {
  case "create":
    (await client.create({ name, source: { kind: "image", image: "debian/12" } })).release();
    break;
  case "start":
    await sandbox.start();
    break;
  case "exec":
    await sandbox.exec(["sh", "-c", "setsid sleep 61701 & sleep 1; kill $!; exit 0"]);
    break;
  case "destroy":
    await sandbox.destroy();
    break;
  default:
    throw new Error(`unknown action ${action}`);
}
await client[Symbol.asyncDispose]();
