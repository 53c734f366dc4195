import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  spawn,
  type StdioOptions,
} from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { BackendMisconfiguredError } from "../../errors.ts";
import { findProgram } from "./find-program.ts";

/** Where root lives in every sandbox. */
export const HOME = "/root";
/** What programs inside a sandbox are found by. */
export const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** $1 the sandbox's directory. As PID 1 it holds the namespaces; they end with it, and it ends when whoever started it closes its stdin. */
const initScript = `
mount --bind "$1/home" ${HOME} && mount --bind "$1/tmp" /tmp || exit 1
echo ready
read -r x
`;

/** The namespaces of one running sandbox, with processes and mounts of their own, on the machine that this process runs on. */
export class Machine implements AsyncDisposable {
  /** Resolves when none of its processes is left. */
  readonly ended: Promise<void>;
  /** The path of `unshare`, the same inside and outside. */
  readonly unshare: string;
  readonly #init: ChildProcess;
  readonly #enter: readonly string[];
  readonly #children = new Set<Promise<void>>();

  private constructor(init: ChildProcess, paths: { readonly unshare: string; readonly nsenter: string }) {
    this.#init = init;
    this.unshare = paths.unshare;
    const namespaces = `/proc/${init.pid}/ns`;
    this.#enter = [
      paths.nsenter,
      ...(isRoot() ? [] : [`--user=${namespaces}/user`, "--preserve-credentials"]),
      `--mount=${namespaces}/mnt`,
      `--pid=${namespaces}/pid_for_children`,
      "--",
    ];
    this.ended = waitForEnd(init);
  }

  /** Starts the namespaces over a directory with `home` and `tmp` in it. Rejects with BACKEND_MISCONFIGURED where this machine forbids them. */
  static async start(directory: string): Promise<Machine> {
    const paths = { unshare: await findProgram("unshare"), nsenter: await findProgram("nsenter") };
    const user = isRoot() ? [] : ["--user", "--map-root-user"];
    const init = spawn(
      paths.unshare,
      [
        ...user,
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount",
        "--mount-proc",
        "--",
        "sh",
        "-c",
        initScript,
        "sh",
        directory,
      ],
      { stdio: "pipe", detached: true, cwd: "/", env: { PATH: SEARCH_PATH } },
    );
    init.stdin.on("error", () => {});
    const machine = new Machine(init, paths);
    const said = text(init.stderr);
    const lines = createInterface({ input: init.stdout });
    const ready = await Promise.race([
      once(lines, "line").then(() => true),
      once(lines, "close").then(() => false),
    ]);
    if (ready) return machine;
    await machine.ended;
    throw new BackendMisconfiguredError(
      `this machine does not allow the namespaces of a sandbox: ${(await said).trim()}`,
      {
        next: "run as root, or allow unprivileged user namespaces",
      },
    );
  }

  /** Starts a program inside, with no more environment than a PATH, and with pipes on descriptors 0 to 4. */
  spawn(command: readonly string[]): ChildProcessWithoutNullStreams {
    // the pipes are there, though Node's types know it of three at most
    return this.#spawn(command, ["pipe", "pipe", "pipe", "pipe", "pipe"]) as ChildProcessWithoutNullStreams;
  }

  /** Runs a program inside to its end, whatever that is. */
  async run(command: readonly string[]): Promise<void> {
    await waitForEnd(this.#spawn(command, "ignore"));
  }

  /** Ends every process in it, however it was started or hides. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#init.stdin?.destroy();
    await this.ended;
    await Promise.all(this.#children);
  }

  #spawn(command: readonly string[], stdio: StdioOptions): ChildProcess {
    const [nsenter = "", ...words] = this.#enter;
    const child = spawn(nsenter, [...words, ...command], {
      stdio,
      detached: true,
      cwd: "/",
      env: { PATH: SEARCH_PATH },
    });
    const gone = waitForEnd(child);
    this.#children.add(gone);
    void gone.then(() => this.#children.delete(gone));
    return child;
  }
}

/** Also of a child that never started. */
function waitForEnd(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
