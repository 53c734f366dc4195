// @ts-check
// forgetful.mjs <socket> <sandbox>: runs a command, and never disposes its client.
import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = "", name = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket }) });
const { status } = await client.sandbox(name).exec(["true"]);
process.stdout.write(`${JSON.stringify(status)}\n`);
