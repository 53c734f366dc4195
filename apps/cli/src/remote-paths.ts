import { posix } from "node:path";
import {
  AccountNotFoundError,
  type CallOptions,
  FileNotFoundError,
  InvalidArgumentError,
  PixelsError,
  type Sandbox,
} from "@pixels/core";
import type { PathKind, TransferEnd } from "./transfer-plan.ts";

/** Reads paths in a sandbox as people write them: absolute, or from the home of the account that commands run as. */
export class RemotePaths {
  readonly #sandbox: Sandbox;
  readonly #options: CallOptions;
  #home: Promise<string> | undefined;

  constructor(sandbox: Sandbox, options: CallOptions) {
    this.#sandbox = sandbox;
    this.#options = options;
  }

  /** The path, absolute, and what is there. */
  async find(text: string): Promise<TransferEnd> {
    const path = await this.#resolve(text);
    return { path, kind: await this.#findKind(path) };
  }

  /** As `find`. Rejects with FILE_NOT_FOUND where nothing is there. */
  async mustFind(text: string): Promise<TransferEnd> {
    const found = await this.find(text);
    if (found.kind !== "missing") return found;
    throw new FileNotFoundError(`there is nothing at ${JSON.stringify(found.path)} in the sandbox`, {
      context: { path: found.path },
    });
  }

  async #resolve(text: string): Promise<string> {
    if (text === "")
      throw new InvalidArgumentError("an empty text is no path in a sandbox", {
        next: 'name a path, or "." for the home folder',
      });
    if (text.startsWith("/")) return text;
    const home = await (this.#home ??= this.#findHome());
    if (text === "~") return home;
    return `${home}/${text.startsWith("~/") ? text.slice(2) : text}`;
  }

  async #findKind(path: string): Promise<PathKind> {
    const { files } = this.#sandbox;
    try {
      const { kind } = await files.stat(path, this.#options);
      if (kind === "directory") return "directory";
      if (kind !== "symlink") return "other";
      // a symlink to a directory can be listed
      await files.list(path, this.#options);
      return "directory";
    } catch (error) {
      if (PixelsError.is(error) && error.code === "FILE_NOT_FOUND") return "missing";
      if (PixelsError.is(error) && error.code === "FILE_REFUSED") return "other";
      throw error;
    }
  }

  async #findHome(): Promise<string> {
    const { account } = await this.#sandbox.info(this.#options);
    const accounts = await this.#sandbox.files.readText("/etc/passwd", this.#options);
    const fields = accounts
      .split("\n")
      .map((line) => line.split(":"))
      .find(([name]) => name === account);
    const home = fields?.[5];
    if (home !== undefined && posix.isAbsolute(home)) return home;
    throw new AccountNotFoundError(`the sandbox has no home folder of ${JSON.stringify(account)}`, {
      next: "name an absolute path",
      context: { account },
    });
  }
}
