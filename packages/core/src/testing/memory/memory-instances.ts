import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendInstances, InstanceSpec } from "../../backend/backend.ts";
import { unsupported, unsupportedIterable } from "../../backend/unsupported.ts";
import {
  ConflictError,
  ImageNotFoundError,
  SandboxAlreadyExistsError,
  SandboxNotFoundError,
} from "../../errors.ts";
import type { SandboxName } from "../../names.ts";
import type { CallOptions, WaitOptions } from "../../options.ts";
import type {
  AbandonedSandbox,
  SandboxChange,
  SandboxInfo,
  UpdateOptions,
  SandboxUsage,
} from "../../sandbox.ts";
import { MemorySandbox } from "./memory-sandbox.ts";

const ID = "memory";

/** The records of all sandboxes of one memory backend, and the folder with their files. */
export class MemoryInstances implements BackendInstances, AsyncDisposable {
  readonly #images: readonly string[];
  readonly #sandboxes = new Map<SandboxName, MemorySandbox>();
  #root: Promise<string> | undefined;
  #made = 0;

  constructor(images: readonly string[]) {
    this.#images = images;
  }

  /** Rejects with SANDBOX_NOT_FOUND. */
  find(name: SandboxName): MemorySandbox {
    const sandbox = this.#sandboxes.get(name);
    if (sandbox !== undefined) return sandbox;
    throw new SandboxNotFoundError(`there is no sandbox named ${JSON.stringify(name)}`, {
      context: { sandbox: name },
    });
  }

  async create(spec: InstanceSpec, { signal, onProgress }: WaitOptions): Promise<SandboxInfo> {
    const image = this.#check(spec);
    const { name, account = "root", labels, cpu, memoryBytes, processes } = spec;
    const id = randomUUID();
    this.#root ??= mkdtemp(join(tmpdir(), "pixels-memory-"));
    const record = { name, id, account, labels, image, limits: { cpu, memoryBytes, processes } };
    const addresses = [toAddress(this.#made++)];
    const sandbox = new MemorySandbox(
      { ...record, addresses, createdAt: new Date() },
      join(await this.#root, id),
    );
    // asked again, since another create may have come in while the folder was made
    this.#check(spec);
    this.#sandboxes.set(name, sandbox);
    try {
      onProgress?.("creating");
      await sandbox.create(spec, { signal });
      onProgress?.("ready");
      signal?.throwIfAborted();
      return sandbox.info();
    } catch (error) {
      await this.destroy(name);
      throw error;
    }
  }

  async get(name: SandboxName): Promise<SandboxInfo> {
    return this.find(name).info();
  }

  async list(): Promise<readonly SandboxInfo[]> {
    const found = [...this.#sandboxes.values()].map((sandbox) => sandbox.describe());
    return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Nothing is counted. */
  async getUsage(name: SandboxName): Promise<SandboxUsage> {
    this.find(name);
    return {};
  }

  async update(
    name: SandboxName,
    change: SandboxChange,
    { ifRevision }: UpdateOptions,
  ): Promise<SandboxInfo> {
    if (typeof change.diskBytes === "number") throw unsupported(ID, "limit a disk");
    const sandbox = this.find(name);
    const { labels, limits, revision } = sandbox.info();
    if (ifRevision !== undefined && ifRevision !== revision)
      throw new ConflictError(`sandbox ${JSON.stringify(name)} has changed since revision ${ifRevision}`, {
        next: "look at it again, then change it",
      });
    const { cpu = limits.cpu, memoryBytes = limits.memoryBytes, processes = limits.processes } = change;
    sandbox.change({
      labels: mergeLabels(labels, change.labels),
      limits: {
        cpu: cpu ?? undefined,
        memoryBytes: memoryBytes ?? undefined,
        processes: processes ?? undefined,
      },
    });
    return sandbox.info();
  }

  async start(name: SandboxName, options: CallOptions): Promise<void> {
    await this.find(name).start(options);
  }

  async stop(name: SandboxName): Promise<void> {
    await this.find(name).stop();
  }

  async destroy(name: SandboxName): Promise<void> {
    const sandbox = this.#sandboxes.get(name);
    await sandbox?.remove();
    if (this.#sandboxes.get(name) === sandbox) this.#sandboxes.delete(name);
  }

  /** None: what a process has in memory dies with it. */
  async listAbandoned(): Promise<readonly AbandonedSandbox[]> {
    return [];
  }

  async collectAbandoned(): Promise<readonly SandboxName[]> {
    return [];
  }

  watch(): AsyncIterable<never> {
    return unsupportedIterable(ID, "tell of events");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sandboxes.keys()].map((name) => this.destroy(name)));
    if (this.#root !== undefined) await rm(await this.#root, { recursive: true, force: true });
  }

  /** The image that it may be made from. */
  #check({ name, source, diskBytes }: InstanceSpec): string {
    if (source.kind !== "image") throw unsupported(ID, "make a sandbox from another one");
    if (diskBytes !== undefined) throw unsupported(ID, "limit a disk");
    if (this.#sandboxes.has(name))
      throw new SandboxAlreadyExistsError(`there is a sandbox named ${JSON.stringify(name)} already`, {
        context: { sandbox: name },
        next: "choose another name, or destroy that one first",
      });
    if (this.#images.includes(source.image)) return source.image;
    throw new ImageNotFoundError(`there is no image ${JSON.stringify(source.image)}`, {
      context: { image: source.image },
      next: `use one of ${this.#images.join(", ")}`,
    });
  }
}

/** TEST-NET-1 (RFC 5737): addresses that lead nowhere. */
function toAddress(index: number): string {
  return `192.0.2.${(index % 254) + 1}`;
}

function mergeLabels(
  labels: Readonly<Record<string, string>>,
  change: SandboxChange["labels"] = {},
): Readonly<Record<string, string>> {
  const merged = { ...labels, ...change };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}
