import { Option } from "clipanion";
import {
  parseSandboxName,
  type Sandbox,
  type TransferOptions,
  type TransferProgress,
  type TransferResult,
} from "@pixels/core";
import { BaseCommand } from "./base-command.ts";
import type { Interrupts } from "./interrupts.ts";
import { formatBytes, formatDuration, toDocument } from "./output.ts";
import { showProgress } from "./progress.ts";
import { RemotePaths } from "./remote-paths.ts";
import type { TransferStep } from "./transfer-plan.ts";

/** A command that copies files and directories from one side to the other, one source after the other. */
export abstract class TransferCommand extends BaseCommand {
  name = Option.String({ name: "name" });
  operands = Option.Rest({ name: "path", required: 2 });

  /** What is to be copied to where; looks at all sources before anything is. */
  protected abstract plan(
    sources: readonly string[],
    target: string,
    remote: RemotePaths,
  ): Promise<readonly TransferStep[]>;

  protected abstract transfer(
    sandbox: Sandbox,
    step: TransferStep,
    options: TransferOptions,
  ): Promise<TransferResult>;

  protected override async run({ signal }: Interrupts): Promise<number> {
    const startedAt = performance.now();
    const name = parseSandboxName(this.name);
    const target = this.operands.at(-1) ?? "";
    await using session = await this.open({ signal, collect: "now" });
    const sandbox = session.client.sandbox(name);
    const steps = await this.plan(this.operands.slice(0, -1), target, new RemotePaths(sandbox, { signal }));

    const total = { files: 0, bytes: 0, skipped: [] as string[] };
    using progress = showProgress({
      stream: process.stderr,
      label: `${this.path.join(" ")} ${name}`,
      silent: this.json || !isInteractive(this.context.env),
      env: this.context.env,
    });
    for (const step of steps) {
      const result = await this.transfer(sandbox, step, {
        signal,
        onProgress: ({ files, bytes }) =>
          progress.onProgress(describe({ files: total.files + files, bytes: total.bytes + bytes })),
      });
      total.files += result.files;
      total.bytes += result.bytes;
      total.skipped.push(...result.skipped);
    }
    progress[Symbol.dispose]();
    this.#tellResult(total, performance.now() - startedAt);
    return 0;
  }

  #tellResult(result: TransferResult, durationMs: number): void {
    if (this.json) {
      const { files, bytes, skipped } = result;
      this.context.stdout.write(toDocument({ files, bytes, skipped }));
      return;
    }
    for (const path of result.skipped)
      this.context.stderr.write(
        `pixels: warning: skipped ${JSON.stringify(path)}: no file, directory or symlink, or its name is not UTF-8\n`,
      );
    this.context.stdout.write(`${describe(result)} in ${formatDuration(durationMs)}\n`);
  }
}

/** Lines that come ten times a second help nobody. */
function isInteractive(env: Readonly<Record<string, string | undefined>>): boolean {
  return process.stderr.isTTY && env["TERM"] !== "dumb";
}

function describe({ files, bytes }: TransferProgress): string {
  return `${files} ${files === 1 ? "file" : "files"}, ${formatBytes(bytes)}`;
}
