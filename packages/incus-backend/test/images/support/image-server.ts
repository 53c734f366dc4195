import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildImage, type Testbed } from "../../robustness/support/own-daemon.ts";

/** How the stand-in behaves. */
export type Manner = "well" | "slow" | "broken" | "silent";

/** A stand-in for the public image server, in the daemon's own network. Its images are "stand-in/0" to "stand-in/7", the first the testbed's own. */
export interface ImageServer extends AsyncDisposable {
  /** Its address with this behaviour. */
  at(manner: Manner): string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
}

export async function startImageServer({ daemon }: Testbed): Promise<ImageServer> {
  const { metadataPath, rootfsPath } = await buildImage("debian/12");
  const script = fileURLToPath(new URL("image-server.mjs", import.meta.url));
  const inNetwork = ["--target", String(daemon.pid), "--net", process.execPath];
  const child = spawn("nsenter", [...inNetwork, script, metadataPath, rootfsPath], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const requests: string[] = [];
  const port = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    void ended.then(() => reject(new Error("the image server ended early")));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("port ")) resolve(line.slice(5));
      else requests.push(line);
    });
  });
  return {
    at: (manner) => `http://127.0.0.1:${port}/${manner}`,
    requests,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
