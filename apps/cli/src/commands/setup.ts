import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command, Option } from "clipanion";
import { BackendMisconfiguredError, BackendUnauthorizedError, InvalidArgumentError } from "@pixels/core";
import type { HostFacts, JoinedRemote, SetupStep } from "@pixels/incus-host";
import { BaseCommand } from "../base-command.ts";
import { confirm } from "../confirm.ts";
import { EXIT_DECLINED } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { InterruptedError, type Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { readSecret } from "../read-secret.ts";

/** `pixels setup`. */
export class SetupCommand extends BaseCommand {
  static override paths = [["setup"]];
  static override synopsis = "[options]";
  static override usage = Command.Usage({
    description: "Make this machine able to run sandboxes",
    details: `
      Looks at what is there, shows what is missing, and once you have agreed installs Incus from the distribution, starts it as a service and gives
      it storage (btrfs where it can be had) and a bridge. What is there is left as it is, and a second run changes nothing. Without root it prints
      the commands for root instead. On a machine without systemd it says so and changes nothing.

      With --remote it makes this machine a client of an Incus elsewhere instead: it reads a trust token, checks that the server is the one that the
      token names, makes a key and a certificate and has the server trust it.
    `,
    examples: [
      ["What would be done, as a script", "pixels setup --dry-run"],
      ["Do it", "sudo pixels setup"],
      ["In a script, without questions", "sudo pixels setup --yes"],
      [
        "Use an Incus elsewhere, with a token from there",
        "ssh server incus config trust add laptop | pixels setup --remote",
      ],
    ],
  });

  dryRun = Option.Boolean("--dry-run", false, { description: "print what would be done, and do nothing" });
  yes = Option.Boolean("--yes", false, { description: "do it without asking" });
  remote = Option.Boolean("--remote", false, {
    description: "join an Incus elsewhere, by a trust token that is read from stdin",
  });
  address = Option.String("--address", {
    description: "<host:port> way to that server, in the place of those in the token",
  });

  protected override async run(interrupts: Interrupts): Promise<number> {
    const { signal } = interrupts;
    if (this.address !== undefined && !this.remote)
      throw new UsageError("--address is for --remote", { next: "see: pixels setup --help" });
    if (this.remote) return await this.#join({ signal });
    const host = await import("@pixels/incus-host");
    const { readConfig } = await import("../compose.ts");
    const {
      config: { incus },
    } = await readConfig(this.sessionOptions({ signal }));
    if (incus.remote !== undefined)
      throw new InvalidArgumentError("setup is for this machine, and incus.remote names another", {
        next: "run setup on that machine, or leave incus.remote out",
      });
    const env =
      incus.socket === undefined
        ? this.context.env
        : { ...this.context.env, PIXELS_INCUS_SOCKET: incus.socket };
    const readFacts = () => host.readHostFacts({ env, signal });

    const facts = await readFacts();
    const plan = host.planSetup(facts);
    if (!plan.possible) throw new BackendMisconfiguredError(plan.reason, { next: plan.next });
    const { steps } = plan;
    const script = host.formatSteps(steps);
    if (this.dryRun && steps.length > 0 && !this.json) {
      this.context.stdout.write(script);
      return 0;
    }
    if (this.dryRun || steps.length === 0) return this.#tell(steps, facts);
    if (!facts.root && steps.some(({ needsRoot }) => needsRoot)) {
      if (!this.json) this.context.stdout.write(script);
      throw new BackendUnauthorizedError("setup needs root, and has changed nothing", {
        next: this.json
          ? "run what pixels setup --dry-run --json tells as root, or: sudo pixels setup"
          : "run what is printed above as root, or: sudo pixels setup",
      });
    }
    if (!this.yes) {
      this.context.stderr.write(`${script}\n`);
      const agreed = await confirm("Do this?", {
        what: "setup changes this machine",
        flag: "--yes",
        signal,
      });
      if (!agreed) return EXIT_DECLINED;
    }
    const say = (line: string): void => {
      if (!this.json) this.context.stderr.write(`${line}\n`);
    };
    // a package manager that is killed midway leaves a machine that has to be mended
    const stop = new AbortController();
    interrupts.handle((name) => {
      say("setup: ends once this step is done; a third interrupt leaves it midway");
      stop.abort(new InterruptedError(name));
    });
    await host.applySetup(steps, {
      signal: stop.signal,
      socketPath: findIncomplete(facts),
      onStep: ({ what }) => say(`setup: ${what}`),
      onLine: (line) => {
        if (this.verbose) say(`    ${line}`);
      },
    });
    const after = await readFacts();
    if (after.incus.found === undefined)
      throw new BackendMisconfiguredError(
        `setup has done all its steps, but sandboxes cannot be made yet: ${describe(after)}`,
        { next: "look for the reason with: pixels doctor" },
      );
    return this.#tell(steps, after);
  }

  async #join({ signal }: Pick<Interrupts, "signal">): Promise<number> {
    if (this.dryRun) throw new UsageError("--remote has no --dry-run", { next: "see: pixels setup --help" });
    const { joinRemote } = await import("@pixels/incus-host");
    const { readConfig } = await import("../compose.ts");
    const { file } = await readConfig(this.sessionOptions({ signal }));
    const token = await readSecret("Trust token (incus config trust add, on the server): ", {
      signal,
      quiet: this.json,
    });
    const folder = join(dirname(file.path), "incus");
    const joined = await joinRemote({ token, folder, address: this.address, signal });
    const block = toConfig(joined);
    // a file that somebody keeps is theirs to change
    if (!file.found) {
      await mkdir(dirname(file.path), { recursive: true });
      await writeFile(file.path, block, { flag: "wx" });
    }
    this.context.stdout.write(
      this.json
        ? toDocument({ ...toSnakeCase(joined), config_written: !file.found })
        : `${joined.remote} trusts this machine now.\n` +
            (file.found
              ? `Put this into ${file.path}:\n\n${block}`
              : `${file.path} names it. Next: pixels doctor\n`),
    );
    return 0;
  }

  #tell(steps: readonly SetupStep[], { incus }: HostFacts): number {
    const { found } = incus;
    if (this.json) {
      const version = found?.version ?? null;
      this.context.stdout.write(
        toDocument({ dry_run: this.dryRun, ready: found !== undefined, version, steps }),
      );
      return 0;
    }
    const lines = [
      `Incus ${found?.version ?? ""} runs here and has what sandboxes need.`,
      ...(steps.some(({ id }) => id === "user") ? ["Log in again, so that you may use it."] : []),
      "Next: pixels create dev",
      "Where no image server can be reached: pixels image build debian/12, then pixels create dev --image debian/12",
    ];
    this.context.stdout.write(lines.map((line) => `${line}\n`).join(""));
    return 0;
  }
}

function toSnakeCase(joined: JoinedRemote): Record<string, string> {
  const { remote, clientCert, clientKey, serverCert, project } = joined;
  return {
    remote,
    client_cert: clientCert,
    client_key: clientKey,
    server_cert: serverCert,
    ...(project === undefined ? {} : { project }),
  };
}

function toConfig(joined: JoinedRemote): string {
  // a string of JSON is one of TOML
  const lines = Object.entries(toSnakeCase(joined)).map(
    ([key, value]) => `${key} = ${JSON.stringify(value)}`,
  );
  return `[incus]\n${lines.join("\n")}\n`;
}

/** The daemon that the steps are for, where one answers already. */
function findIncomplete({ incus }: HostFacts): string | undefined {
  return incus.refused.find(({ kind }) => kind === "incomplete")?.socketPath;
}

function describe({ incus }: HostFacts): string {
  return incus.refused.map(({ socketPath, reason }) => `${socketPath}: ${reason}`).join("; ");
}
