// @ts-check
// A process that owns a private daemon and does nothing else; run by owner.test.ts, which kills it.
import { startPrivateIncus } from "@pixels/incus-host";

const { [Symbol.asyncDispose]: _, ...info } = await startPrivateIncus();
process.stdout.write(`${JSON.stringify(info)}\n`);
process.stdin.resume();
