// @ts-check
// restore.mjs <socket> <sandbox> <snapshot>: restores, and says each phase as it begins.
import { createSandboxClient } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = "", name = "", snapshot = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket }) });
/** @param {string} phase */
const say = (phase) => process.stdout.write(`${phase}\n`);
say("begun");
await client.sandbox(name).snapshots.restore(snapshot, { onProgress: say });
say("done");
await client[Symbol.asyncDispose]();
