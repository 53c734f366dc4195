import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** What a finished command has left. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
}

export interface CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly result: Promise<CliResult>;
  /** Resolves once the text was written, with all that was written until then; rejects where the command ends without it. */
  sees(stream: "stdout" | "stderr", text: string): Promise<string>;
}

export interface RunOptions {
  /** Everything that stdin has. Default: nothing. */
  readonly stdin?: string | Uint8Array;
  /** Keep stdin open, as a pipe that nobody writes to. */
  readonly keepOpen?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Cli {
  readonly bin: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the command to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  /** As `run`, for what a test needs beforehand: rejects where the exit code is not 0. */
  mustRun(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  start(args: readonly string[], options?: RunOptions): CliProcess;
}

/** A command that runs as `node <bin>`, with nothing of this process's environment but PATH. */
export function createCli(parts: {
  readonly bin: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}): Cli {
  const { bin, home } = parts;
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    // no test asks the public one
    PIXELS_DEFAULT_IMAGE_SERVER: "none",
    // where it does not matter it would only take time
    PIXELS_PROVISION_ENABLED: "false",
    ...parts.env,
  };
  const start: Cli["start"] = (args, options = {}) => {
    const child = spawn(process.execPath, [bin, ...args], { env: { ...env, ...options.env } });
    if (options.keepOpen !== true) {
      // a command that ends before it has read everything is fine
      child.stdin.on("error", () => {});
      child.stdin.end(options.stdin);
    }
    return watch(child);
  };
  return {
    bin,
    home,
    env,
    start,
    run: (args, options) => start(args, options).result,
    async mustRun(args, options) {
      const result = await start(args, options).result;
      if (result.code !== 0)
        throw new Error(`pixels ${args.join(" ")} exited with ${result.code}: ${result.stderr}`);
      return result;
    },
  };
}

function watch(child: ChildProcessWithoutNullStreams): CliProcess {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const read = (stream: "stdout" | "stderr"): Buffer => Buffer.concat(chunks[stream]);
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (data: Buffer) => void chunks[stream].push(data));
  const result = new Promise<CliResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      child.stdin.destroy();
      const stdoutBytes = read("stdout");
      resolve({
        code,
        signal,
        stdoutBytes,
        stdout: stdoutBytes.toString(),
        stderr: read("stderr").toString(),
      });
    });
  });
  return {
    child,
    result,
    sees: (stream, text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (read(stream).includes(text)) resolve(read(stream).toString());
        };
        child[stream].on("data", look);
        child.once("close", () =>
          reject(new Error(`ended without ${JSON.stringify(text)}: ${read("stderr").toString()}`)),
        );
        look();
      }),
  };
}
