import { type CallOptions, type Sandbox, shell } from "@pixels/core";
import type { ProvisionStep } from "./provisioning.ts";
import { parseRecord } from "./record.ts";

/** Less than a create may be without any progress. */
const SILENCE_MS = 20_000;

export interface RunScriptOptions extends CallOptions {
  /** Called at each sign of life, and every 20 seconds, with the step that is being done. */
  readonly onProgress?: (title: string) => void;
}

/** Runs a script of steps as root, to its end, and gives the steps as it has left them. An abort ends all of it. */
export async function runScript(
  sandbox: Sandbox,
  script: string,
  steps: readonly ProvisionStep[],
  { signal, onProgress }: RunScriptOptions,
): Promise<readonly ProvisionStep[]> {
  await using process = await sandbox.spawn(shell(script), { root: true, cwd: "/", signal });
  const heard = new Heard(steps);
  const tell = (): void => {
    if (heard.running !== undefined) onProgress?.(heard.running);
  };
  // a step has a limit of time of its own, and may be silent until then
  const timer = setInterval(tell, SILENCE_MS).unref();
  try {
    for await (const { stream, data } of process.output) {
      if (stream !== "stdout") continue;
      heard.take(data);
      tell();
    }
  } finally {
    clearInterval(timer);
  }
  await process.wait({ signal });
  return heard.steps;
}

/** What a script says of its steps, as the lines of a record, and of the logs of those that fail. */
class Heard {
  #record: string;
  #rest = "";
  readonly #decoder = new TextDecoder();
  readonly #logs = new Map<string, string>();
  #running: string | undefined;
  readonly #first: readonly ProvisionStep[];

  constructor(steps: readonly ProvisionStep[]) {
    this.#first = steps;
    this.#record = steps.map(({ id, kind, title }) => `step\t${id}\t${kind}\t${title}\n`).join("");
  }

  get steps(): readonly ProvisionStep[] {
    const { steps } = parseRecord(this.#record);
    return steps.map((step, index) => this.#complete(step, this.#first[index]));
  }

  /** Of what the script does not do nothing was heard. */
  #complete(step: ProvisionStep, before: ProvisionStep | undefined): ProvisionStep {
    return step.state === "pending" && before !== undefined
      ? before
      : { ...step, log: this.#logs.get(step.id) };
  }

  /** The title of the step that is being done. */
  get running(): string | undefined {
    return this.#running;
  }

  take(data: Uint8Array): void {
    this.#rest += this.#decoder.decode(data, { stream: true });
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [kind, id = "", text = ""] = line.split("\t");
      if (kind === "log") this.#logs.set(id, `${this.#logs.get(id) ?? ""}${text}\n`);
      if (kind !== "state") continue;
      this.#record += `${line}\n`;
      if (text === "running") this.#running = this.#first.find((step) => step.id === id)?.title;
    }
  }
}
