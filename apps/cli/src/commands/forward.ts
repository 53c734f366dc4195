import { Command, Option } from "clipanion";
import { parseSandboxName, type SandboxName } from "@pixels/core";
import { BaseCommand } from "../base-command.ts";
import { UsageError } from "../failure.ts";
import { LOOPBACK, listenOnAll } from "../forward-listeners.ts";
import type { CompletesTable } from "../completion/completes.ts";
import { parsePortForwards, type PortForward } from "../forward-ports.ts";
import { checkRelay } from "../forward-relay.ts";
import { relaySocket } from "../forward-socket.ts";
import { relayStdio } from "../forward-stdio.ts";
import { InterruptedError, type Interrupts } from "../interrupts.ts";
import { toDocument } from "../output.ts";
import { followSandbox, isSandboxEnd } from "../sandbox-end.ts";

/** As many connections as a browser opens at once. */
const SPARE_LAUNCHERS = 6;

/** `pixels forward`. */
export class ForwardCommand extends BaseCommand {
  static override paths = [["forward"]];
  static override synopsis = "<name> [<local>:]<port>...";
  static override usage = Command.Usage({
    description: "Reach ports of a sandbox on this machine",
    details: `
      Listens on 127.0.0.1 and hands each connection to the port on the sandbox's own loopback, until Ctrl-C, or until the sandbox is stopped. A
      port alone is the same one here; 0 as the local one is any that is free. What listens in the sandbox may come and go: a connection that
      finds nothing is closed, and told on stderr.

      With --stdio it joins its own stdin and stdout with the one port instead, as ssh wants it of a ProxyCommand.
    `,
    examples: [
      ["A web server", "pixels forward dev 8080"],
      ["Two ports, one under another number here", "pixels forward dev 8080 15432:5432"],
      ["A port that is free here, for a program", "pixels forward --json dev 0:8080"],
    ],
  });

  stdio = Option.Boolean("--stdio", false, { description: "join stdin and stdout with the one port" });

  static override completes: CompletesTable = { ports: "nothing" };

  name = Option.String({ name: "name" });
  ports = Option.Rest({ name: "port", required: 1 });

  protected override async run({ signal }: Interrupts): Promise<number> {
    const name = parseSandboxName(this.name);
    const forwards = parsePortForwards(this.ports);
    try {
      if (this.stdio) await this.#relayStdio(name, { signal });
      else await this.#forward(name, forwards, { signal });
      return 0;
    } catch (error) {
      // whoever pressed Ctrl-C need not be told
      if (error instanceof InterruptedError) return error.exitCode;
      throw error;
    }
  }

  /** Rejects with what has ended it. */
  async #forward(
    name: SandboxName,
    wishes: readonly PortForward[],
    { signal }: Pick<Interrupts, "signal">,
  ): Promise<never> {
    await using session = await this.open({ signal, collect: "now", spareLaunchers: SPARE_LAUNCHERS });
    const sandbox = session.client.sandbox(name);
    using end = followSandbox(session.client, name, { signal });
    await checkRelay(sandbox, { signal: end.signal });
    await using listeners = await listenOnAll(wishes, {
      serve: async (socket, { port }) => {
        try {
          await relaySocket(sandbox, port, socket);
        } catch (error) {
          if (isSandboxEnd(error)) end.end(error);
          else this.tell(error);
        }
      },
      onError: (error) => this.tell(error),
    });
    this.#tellForwards(name, listeners.forwards);
    return await end.wait();
  }

  #tellForwards(name: SandboxName, forwards: readonly PortForward[]): void {
    const { stdout } = this.context;
    if (this.json) {
      const rows = forwards.map(({ localPort, port }) => ({
        address: LOOPBACK,
        local_port: localPort,
        port,
      }));
      stdout.write(toDocument({ forwards: rows }));
      return;
    }
    for (const { localPort, port } of forwards) stdout.write(`${LOOPBACK}:${localPort} -> ${name}:${port}\n`);
  }

  async #relayStdio(name: SandboxName, { signal }: Pick<Interrupts, "signal">): Promise<void> {
    const [text = "", ...more] = this.ports;
    const port = Number(text);
    if (more.length > 0 || Number.isNaN(port))
      throw new UsageError("--stdio takes one port of the sandbox, and none of this machine", {
        next: `write: pixels forward --stdio ${name} <port>`,
      });
    await using session = await this.open({ signal, collect: "now" });
    const { stdin, stdout } = this.context;
    await relayStdio(session.client.sandbox(name), port, { stdin, stdout, signal });
  }
}
