// @ts-check
// job.mjs <socket> <sandbox>: starts a job, prints what it is told of it, and is killed.
import { createSandboxClient, shell } from "@pixels/core";
import { incusBackend } from "@pixels/incus-backend";

const [socket = "", name = ""] = process.argv.slice(2);
const client = createSandboxClient({ backend: incusBackend({ socket }) });
const job = await client.sandbox(name).jobs.start(shell("echo begun; sleep 1; echo done; exit 6"));
process.stdout.write(`${JSON.stringify(job)}\n`, () => process.kill(process.pid, "SIGKILL"));
