import { Command, Option } from "clipanion";
import { BackendMisconfiguredError, BackendUnauthorizedError, InvalidArgumentError } from "@pixels/core";
import type { HostFacts, SetupStep } from "@pixels/incus-host";
import { BaseCommand } from "../base-command.ts";
import { confirm } from "../confirm.ts";
import { EXIT_DECLINED } from "../exit-codes.ts";
import type { Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";

/** `pixels setup`. */
export class SetupCommand extends BaseCommand {
  static override paths = [["setup"]];
  static override synopsis = "[--dry-run] [--yes]";
  static override usage = Command.Usage({
    description: "Make this machine able to run sandboxes",
    details: `
      Looks at what is there, shows what is missing, and once you have agreed installs Incus from the distribution, starts it as a service and gives
      it storage (btrfs where it can be had) and a bridge. What is there is left as it is, and a second run changes nothing. Without root it prints
      the commands for root instead. On a machine without systemd it says so and changes nothing.
    `,
    examples: [
      ["What would be done, as a script", "pixels setup --dry-run"],
      ["Do it", "sudo pixels setup"],
      ["In a script, without questions", "sudo pixels setup --yes"],
    ],
  });

  dryRun = Option.Boolean("--dry-run", false, { description: "print what would be done, and do nothing" });
  yes = Option.Boolean("--yes", false, { description: "do it without asking" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const host = await import("@pixels/incus-host");
    const { readConfig } = await import("../compose.ts");
    const { incus } = await readConfig(this.sessionOptions({ signal }));
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
        next: "run what is printed above as root, or: sudo pixels setup",
        context: { script },
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
    await host.applySetup(steps, {
      signal,
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

/** The daemon that the steps are for, where one answers already. */
function findIncomplete({ incus }: HostFacts): string | undefined {
  return incus.refused.find(({ kind }) => kind === "incomplete")?.socketPath;
}

function describe({ incus }: HostFacts): string {
  return incus.refused.map(({ socketPath, reason }) => `${socketPath}: ${reason}`).join("; ");
}
