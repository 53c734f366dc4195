import {
  AccountNotFoundError,
  type PixelsError,
  SandboxNotReadyError,
  WorkingDirectoryNotFoundError,
} from "../errors.ts";
import type { LaunchSpec } from "./launcher.ts";

/** Longer than any line of the launcher's own. */
const MAX_LINE_BYTES = 4096;

/**
 * Reads the launcher's own line, the first on a command's stderr (on a terminal: of its output, after one that says "ready"), and passes on
 * what follows. `started` settles with it: the command is about to run, or why it cannot.
 */
export class LaunchGate {
  readonly #id: string;
  #held: Buffer | undefined = Buffer.alloc(0);
  #resolve: (() => void) | undefined;
  #reject: ((error: PixelsError) => void) | undefined;
  #resolveReady: (() => void) | undefined;
  #cwd: string | undefined;
  /** A launcher on a terminal waits for its command. Rejects as `started`. */
  readonly ready: Promise<void>;
  /** Rejects with WORKING_DIRECTORY_NOT_FOUND, ACCOUNT_NOT_FOUND or SANDBOX_NOT_READY. */
  readonly started: Promise<void>;

  /** `id` of the launcher. */
  constructor(id: string) {
    this.#id = id;
    this.started = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.started.catch(() => {});
    const ready = new Promise<void>((resolve) => {
      this.#resolveReady = resolve;
    });
    this.ready = Promise.race([ready, this.started]);
    this.ready.catch(() => {});
  }

  /** The output ended without a line of the launcher's or anybody's. */
  silent = false;

  /** What the errors are about. */
  expect({ cwd }: Pick<LaunchSpec, "cwd">): void {
    this.#cwd = cwd;
  }

  /** The part of the data that is the command's. */
  pass(data: Uint8Array): Uint8Array {
    if (this.#held === undefined) return data;
    const seen = Buffer.concat([this.#held, data]);
    const end = seen.indexOf(10);
    if (end < 0 && seen.length < MAX_LINE_BYTES) {
      this.#held = seen;
      return seen.subarray(0, 0);
    }
    const line = seen.subarray(0, end < 0 ? MAX_LINE_BYTES : end).toString("utf8");
    const rest = end < 0 ? seen.subarray(0, 0) : seen.subarray(end + 1);
    if (this.#resolveReady !== undefined && this.#readWord(line) === "ready") {
      this.#resolveReady();
      this.#resolveReady = undefined;
      this.#held = Buffer.alloc(0);
      return this.pass(rest);
    }
    this.#held = undefined;
    this.#settle(line, seen.toString("utf8"));
    return rest;
  }

  /** The output is over. A launcher that has not said its line has not run the command. */
  end(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.silent = held.length === 0;
    this.#settle(held.toString("utf8"), held.toString("utf8"));
  }

  /** What a line of the launcher's says; a terminal ends it with a carriage return. */
  #readWord(line: string): string | undefined {
    const prefix = `pixels-launch ${this.#id} `;
    return line.startsWith(prefix) ? line.slice(prefix.length).replace(/\r$/, "") : undefined;
  }

  #settle(line: string, said: string): void {
    const word = this.#readWord(line);
    if (word === "ok") this.#resolve?.();
    else this.#reject?.(word === undefined ? toNotReady(said) : this.#toError(word));
  }

  #toError(word: string): PixelsError {
    const [reason, name = ""] = word.split(" ");
    const account = JSON.stringify(name);
    switch (reason) {
      case "cwd":
        return new WorkingDirectoryNotFoundError(
          this.#cwd === undefined
            ? `the account ${account} has no home directory that it may enter`
            : `there is no directory ${JSON.stringify(this.#cwd)} that ${account} may enter`,
          { next: "create it first, or run the command elsewhere" },
        );
      case "account":
        return new AccountNotFoundError(`the sandbox has no account ${account}`, {
          next: "run the command as root",
        });
      case undefined:
      default:
        return toNotReady(word);
    }
  }
}

function toNotReady(said: string): PixelsError {
  const detail = said.trim().slice(0, 300);
  return new SandboxNotReadyError(`the sandbox cannot start commands${detail === "" ? "" : `: ${detail}`}`, {
    // the words of dash and of busybox, whose launcher needs three processes beside the command
    next: /can(no|')t fork/i.test(detail)
      ? "it is at its limit of processes or memory: end some of what runs in it, or stop and start it"
      : "check that it is running, and that its image has cgroups mounted and util-linux installed",
  });
}
