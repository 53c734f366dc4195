import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { Command, Option } from "clipanion";
import { type CallOptions, InvalidArgumentError, parseSandboxName, type Sandbox } from "@pixels/core";
import { toInstanceName } from "@pixels/core/backend";
import type { PixelsConfig } from "@pixels/core/config";
import { BaseCommand } from "../base-command.ts";
import type { Interrupts } from "../interrupts.ts";
import { writeKnownHosts } from "../known-hosts.ts";
import { toDocument } from "../output.ts";
import { readHostKeys } from "../ssh-host-keys.ts";
import { toSshBlock, toSshJson } from "../ssh-settings.ts";

const SSH_PORT = "22";

/** `pixels ssh-config`. */
export class SshConfigCommand extends BaseCommand {
  static override paths = [["ssh-config"]];
  static override synopsis = "<name>";
  static override usage = Command.Usage({
    description: "Print how ssh reaches a sandbox",
    details: `
      A block for ~/.ssh/config, under the name px-<name>. ssh, scp, rsync and editors come in through pixels, so the sandbox need not be reachable
      on a network. Its host keys are kept in a file of their own, and ssh refuses any others: call it again for a sandbox that was made anew.

      The sandbox has an SSH server of its own, which has to know your key. The account is ssh.user where there is one of that name, else
      the one that commands run as; the key is ssh.key, where that file is there.
    `,
    examples: [
      ["Once", "pixels ssh-config dev >> ~/.ssh/config"],
      ["From then on", "ssh px-dev"],
    ],
  });

  name = Option.String({ name: "name" });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    await using session = await this.open({ signal, collect: "now" });
    const { ssh } = session.config;
    const sandbox = session.client.sandbox(name);
    const keys = await readHostKeys(sandbox, { signal });
    const host = toInstanceName(name);
    const settings = {
      host,
      user: await findUser(sandbox, ssh, { signal }),
      identityFile: (await exists(ssh.key)) ? ssh.key : undefined,
      proxyCommand: [...this.#callSelf(), "forward", "--stdio", name, SSH_PORT],
      knownHostsFile: ssh.strictHostKeys
        ? await writeKnownHosts(
            { name, alias: host, keys },
            { env: this.context.env, homeDirectory: homedir(), signal },
          )
        : undefined,
    };
    this.context.stdout.write(this.json ? toDocument(toSshJson(settings)) : toSshBlock(settings));
    return 0;
  }

  /** What runs this very command from anywhere, with all that says which sandboxes are meant: flags, and variables of this environment. */
  #callSelf(): readonly string[] {
    const { env } = this.context;
    const config = this.config ?? (env["PIXELS_CONFIG"] || undefined);
    const variables = Object.entries(env).flatMap(([name, value]) =>
      value && isOfServer(name) ? [`${name}=${value}`] : [],
    );
    const [program = "", script = ""] = process.argv;
    const words = [
      ...(variables.length === 0 ? [] : ["env", ...variables.toSorted()]),
      program,
      script,
      ...(config === undefined ? [] : ["--config", config.startsWith("~/") ? config : resolve(config)]),
      ...(this.backend === undefined ? [] : ["--backend", this.backend]),
    ];
    if (words.some((word) => word.includes("\n")))
      throw new InvalidArgumentError("a path with a line break cannot stand in ssh's configuration", {
        next: "install pixels, and keep its configuration, in a folder of another name",
      });
    return words;
  }
}

/** Whether the variable says where sandboxes are. None of these is a secret. */
function isOfServer(name: string): boolean {
  return /^(?:PIXELS_INCUS_\w+|PIXELS_BACKEND|INCUS_SOCKET|INCUS_DIR)$/.test(name);
}

/** The account of `ssh.user`, unless the sandbox has none of that name. */
async function findUser(
  sandbox: Sandbox,
  { user }: PixelsConfig["ssh"],
  { signal }: CallOptions,
): Promise<string> {
  const accounts = await sandbox.files.readText("/etc/passwd", { signal });
  if (accounts.split("\n").some((line) => line.startsWith(`${user}:`))) return user;
  return (await sandbox.info({ signal })).account;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
