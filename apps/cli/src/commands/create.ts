import { Command, Option } from "clipanion";
import {
  type CreateSandboxRequest,
  InvalidArgumentError,
  parseSandboxName,
  parseSize,
  parseSnapshotName,
  type SandboxInfo,
  type SandboxName,
  type SandboxSource,
  type WaitOptions,
} from "@pixels/core";
import { parseCpuLimit, type PixelsConfig } from "@pixels/core/config";
import type { Provisioning } from "@pixels/provisioner";
import { BaseCommand } from "../base-command.ts";
import type { CompletesTable } from "../completion/completes.ts";
import type { Session } from "../compose.ts";
import { UsageError } from "../failure.ts";
import { readEnvironment, readFlag } from "../flags.ts";
import type { Interrupts } from "../interrupts.ts";
import type { OpenConsole } from "../open-console.ts";
import { egressModes, refuseReservedName, refuseSettings, refuseWishes } from "../not-yet.ts";
import { formatDuration, toDocument } from "../output.ts";
import { showProgress } from "../progress.ts";
import { describeFailures, toProvisioningJson } from "../provisioning-text.ts";
import { toAddress, toJson } from "../sandbox-row.ts";

type Limits = Pick<CreateSandboxRequest, "cpu" | "memoryBytes" | "diskBytes">;

/** `pixels create`. */
export class CreateCommand extends BaseCommand {
  static override paths = [["create"]];
  static override synopsis = "[options] <name>";
  static override usage = Command.Usage({
    description: "Make a sandbox",
    details: `
      Returns once commands can run in it, and prints its name, its address and what to do next. Limits that are not given come from the
      configuration, [defaults], or, with --from, from the sandbox that is cloned. A clone has all its source's files, of now or of a
      checkpoint, and its own addresses and identity. Ctrl-C takes back what was half made.

      A sandbox from an image is made ready for work: a user "pixel" that commands run as, sudo, your SSH key, the variables, name servers and CAs
      of the configuration and of --env; developer tools are installed in the background. A clone is not made ready again, but gets these keys,
      variables, name servers and CAs. What of that fails is a warning: see pixels status.

      Not in this version: --base, --allow and any --egress but unrestricted; they are refused.
    `,
    examples: [
      ["A sandbox from the default image", "pixels create dev"],
      [
        "From another image, with limits",
        "pixels create dev --image debian/12 --cpu 4 --memory 4GiB --disk 20GiB",
      ],
      ["One that can run containers", "pixels create dev --nesting"],
      [
        "With variables for all that runs in it, one of them yours",
        "pixels create dev --env TZ=UTC --env TOKEN",
      ],
      ["A clone of another one as it is now", "pixels create copy --from dev"],
      ["A clone from a checkpoint", "pixels create copy --from dev:before-upgrade"],
    ],
  });

  static override completes: CompletesTable = {
    name: "nothing",
    from: "clone-source",
    egress: { values: egressModes },
  };

  image = Option.String("--image", { description: "<image> image of the server to make it from" });
  cpu = Option.String("--cpu", { description: '<cores> number of cores, or those to pin to ("0-3")' });
  memory = Option.String("--memory", { description: "<size> limit of memory, such as 2GiB" });
  disk = Option.String("--disk", { description: "<size> limit of disk space, such as 10GiB" });
  nesting = Option.Boolean("--nesting", false, {
    description: "allow containers inside; weakens the isolation",
  });
  noProvision = Option.Boolean("--no-provision", false, {
    description: "write nothing into it, but a clone's identity",
  });
  env = Option.Array("--env", [], {
    description: "<NAME[=value]> keep a variable in it, or yours; repeatable",
  });
  base = Option.String("--base", { description: "<base> not yet: base to clone" });
  from = Option.String("--from", { description: "<name>[:<checkpoint>] sandbox to clone" });
  egress = Option.String("--egress", { description: "<mode> what it may reach; only unrestricted yet" });
  allow = Option.Array("--allow", [], { description: "<domain> not yet: what it may reach" });
  console = Option.Boolean("--console", false, { description: "then open a console in it" });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const startedAt = performance.now();
    const name = parseSandboxName(this.name);
    const clone = readFlag("--from", this.from, parseCloneSource);
    if (clone !== undefined && this.image !== undefined)
      throw new InvalidArgumentError("--image and --from: a sandbox is made from one of them", {
        next: "leave one of them out",
      });
    const limits = this.#readLimits();
    const env = readEnvironment(this.env, this.context.env);
    refuseWishes(this);
    const openConsole = this.console ? await this.#prepareConsole(name) : undefined;
    let provisioning: Provisioning | undefined;
    const onProvisioned = (_name: string, all: Provisioning): void => void (provisioning = all);
    await using session = await this.open({ signal, collect: "later", onProvisioned });
    const { config } = session;
    refuseReservedName(name, config.mcp);
    refuseSettings(config, { egress: this.egress });
    const provision = !this.noProvision && config.provision.enabled;
    if (!provision && Object.keys(env).length > 0)
      throw new InvalidArgumentError("--env: nothing is written into a sandbox that is not provisioned", {
        next: this.noProvision ? "leave --no-provision out" : "set provision.enabled to true",
      });
    void session.collect();

    using progress = showProgress({
      stream: process.stderr,
      label: `create ${name}`,
      silent: this.json,
      env: this.context.env,
    });
    signal.addEventListener("abort", () => progress.onProgress("taking it back"), { once: true });
    const request = { ...this.#toRequest(config, { limits, clone }), env, provision };
    const info = await create(session, request, { signal, onProgress: progress.onProgress });
    progress[Symbol.dispose]();
    const durationMs = performance.now() - startedAt;
    if (!this.json) this.#warn(name, provisioning);
    this.context.stdout.write(
      this.json
        ? toDocument({
            ...toJson(info),
            provisioning: toProvisioningJson(provisioning),
            duration_ms: Math.round(durationMs),
          })
        : describe(info, { durationMs, provisioning }),
    );
    return (
      (await openConsole?.(
        session,
        { name, persist: true, root: false },
        { context: this.context, signal },
      )) ?? 0
    );
  }

  /** Before there is a sandbox, as without a terminal there would be a console that nobody sees. */
  async #prepareConsole(name: SandboxName): Promise<OpenConsole> {
    if (this.json)
      throw new UsageError("--console and --json: what a terminal shows is no document", {
        next: "leave one of them out",
      });
    const { openConsole, requireTerminal } = await import("../open-console.ts");
    requireTerminal(name);
    return openConsole;
  }

  #warn(name: string, provisioning: Provisioning | undefined): void {
    const failures = provisioning === undefined ? [] : describeFailures(provisioning);
    for (const failure of failures) this.context.stderr.write(`pixels: warning: ${failure}\n`);
    if (failures.length > 0) this.context.stderr.write(`pixels: see all of it with: pixels status ${name}\n`);
  }

  #readLimits(): Limits {
    return {
      cpu: readFlag("--cpu", this.cpu, parseCpuLimit),
      memoryBytes: readFlag("--memory", this.memory, parseSize),
      diskBytes: readFlag("--disk", this.disk, parseSize),
    };
  }

  #toRequest(
    { defaults }: PixelsConfig,
    { limits, clone }: { readonly limits: Limits; readonly clone: SandboxSource | undefined },
  ): CreateSandboxRequest {
    // what a clone is not given it has from its source
    if (clone !== undefined) return { name: this.name, source: clone, ...limits, nesting: this.nesting };
    return {
      name: this.name,
      source: { kind: "image", image: this.image ?? defaults.image },
      cpu: limits.cpu ?? defaults.cpu,
      memoryBytes: limits.memoryBytes ?? defaults.memoryBytes,
      diskBytes: limits.diskBytes ?? defaults.diskBytes,
      processes: defaults.processes,
      nesting: this.nesting,
    };
  }
}

function parseCloneSource(text: string): SandboxSource {
  const cut = text.indexOf(":");
  if (cut === -1) return { kind: "sandbox", sandbox: parseSandboxName(text) };
  const sandbox = parseSandboxName(text.slice(0, cut));
  return { kind: "snapshot", sandbox, snapshot: parseSnapshotName(text.slice(cut + 1)) };
}

/** Makes the sandbox and keeps it: what is aborted before all is known about it is removed again. */
async function create(
  { client }: Session,
  request: CreateSandboxRequest,
  options: WaitOptions,
): Promise<SandboxInfo> {
  await using sandbox = await client.create(request, options);
  const info = await sandbox.info(options);
  options.signal?.throwIfAborted();
  sandbox.release();
  return info;
}

function describe(
  info: SandboxInfo,
  facts: { readonly durationMs: number; readonly provisioning: Provisioning | undefined },
): string {
  const installing = facts.provisioning?.steps.some(
    ({ kind, state }) => kind === "tool" && state === "pending",
  );
  const lines = [
    `${info.name} is ready`,
    `  address  ${toAddress(info) ?? "none"}`,
    `  took     ${formatDuration(facts.durationMs)}`,
    ...(installing === true ? [`  tools    are being installed; see: pixels status ${info.name}`] : []),
    `  next     pixels exec ${info.name} -- uname -a`,
    `           pixels destroy ${info.name}`,
  ];
  return `${lines.join("\n")}\n`;
}
