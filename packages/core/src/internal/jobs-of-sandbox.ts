import type { SandboxBackend } from "../backend/backend.ts";
import { planCloseJob, planListJobs, planReadJob, planWriteJob } from "../backend/jobs.ts";
import { planSignal } from "../backend/launcher.ts";
import { unsupported } from "../backend/unsupported.ts";
import { checkCommand, type Command } from "../command.ts";
import { InvalidArgumentError, JobNotFoundError } from "../errors.ts";
import { expectSuccess } from "../exec-errors.ts";
import type { ExecOptions, ExecResult, OutputChunk } from "../exec.ts";
import type { JobInfo, JobOutput, ReadJobOptions, SandboxJobs, StartJobOptions } from "../jobs.ts";
import type { SandboxName } from "../names.ts";
import type { CallOptions } from "../options.ts";
import { type ProcessSignal, processSignals } from "../process-signals.ts";
import { checkCwd } from "./check-cwd.ts";
import { formatCursor, parseCursor, parseJobList, toJobState, toStatus } from "./job-answers.ts";

const DEFAULT_MAX_BYTES = 1024 * 1024;
/** A line about the job comes before its output. */
const LINE_BYTES = 256;
const jobId = /^[a-zA-Z0-9-]{1,64}$/;

export interface JobsParts {
  readonly backend: SandboxBackend;
  readonly name: SandboxName;
  readonly exec: (command: Command, options: ExecOptions) => Promise<ExecResult>;
}

/** The jobs of one sandbox: started by the backend, and for the rest commands that root runs in the sandbox. */
export class JobsOfSandbox implements SandboxJobs {
  readonly #backend: SandboxBackend;
  readonly #name: SandboxName;
  readonly #exec: JobsParts["exec"];

  constructor({ backend, name, exec }: JobsParts) {
    this.#backend = backend;
    this.#name = name;
    this.#exec = exec;
  }

  async start(command: Command, options: StartJobOptions = {}): Promise<JobInfo> {
    const { signal, cwd, env = {}, root = false, stdin = "none" } = options;
    checkCommand(command, env);
    checkCwd(cwd);
    this.#checkSupport();
    signal?.throwIfAborted();
    const startedAt = new Date();
    const account = root ? "root" : undefined;
    const id = await this.#backend.jobs.start(
      this.#name,
      { command, cwd, env, account, stdin, startedAt },
      { signal },
    );
    return { id, command, state: "running", startedAt };
  }

  async get(id: string, options: CallOptions = {}): Promise<JobInfo> {
    const [job] = await this.#list(options, this.#checkId(id));
    if (job === undefined) throw this.#notFound(id);
    return job;
  }

  async list(options: CallOptions = {}): Promise<readonly JobInfo[]> {
    return await this.#list(options);
  }

  async read(id: string, options: ReadJobOptions = {}): Promise<JobOutput> {
    const { cursor, waitMs = 0, maxBytes = DEFAULT_MAX_BYTES, signal } = options;
    const known = parseCursor(cursor);
    checkAmount("waitMs", waitMs, 0);
    checkAmount("maxBytes", maxBytes, 1);
    const plan = planReadJob(this.#checkId(id), { ...known, waitMs, maxBytes });
    const result = expectSuccess(await this.#run(plan, { signal, maxOutputBytes: maxBytes + LINE_BYTES }));
    const lineEnd = result.stdoutBytes.indexOf(10);
    const line = Buffer.from(result.stdoutBytes.subarray(0, lineEnd)).toString();
    if (line === "gone") throw this.#notFound(id);
    const [state = "", exitCode = "", kept] = line.split(" ");
    const stdout = result.stdoutBytes.subarray(lineEnd + 1);
    const stderr = result.stderrBytes;
    const chunks: readonly OutputChunk[] = [
      { stream: "stdout", data: stdout },
      { stream: "stderr", data: stderr },
    ];
    return {
      chunks: chunks.filter(({ data }) => data.length > 0),
      cursor: formatCursor({
        stdout: known.stdout + stdout.length,
        stderr: known.stderr + stderr.length,
      }),
      state: toJobState(state),
      status: toStatus(exitCode),
      end: state !== "running" && Math.max(stdout.length, stderr.length) < maxBytes,
      incomplete: kept !== "whole",
    };
  }

  async write(id: string, data: string | Uint8Array, options: CallOptions = {}): Promise<void> {
    const plan = planWriteJob(this.#checkId(id));
    const { stdout } = expectSuccess(await this.#run(plan, { ...options, stdin: data }));
    const said = stdout.trim();
    if (said === "gone") throw this.#notFound(id);
    if (said === "closed")
      throw new InvalidArgumentError(`the stdin of job ${JSON.stringify(id)} is closed`, {
        next: 'start it with stdin "open", and write before closeStdin',
        context: { sandbox: this.#name, job: id },
      });
  }

  async closeStdin(id: string, options: CallOptions = {}): Promise<void> {
    const { stdout } = expectSuccess(await this.#run(planCloseJob(this.#checkId(id)), options));
    if (stdout.trim() === "gone") throw this.#notFound(id);
  }

  async signal(id: string, signal: ProcessSignal, options: CallOptions = {}): Promise<void> {
    if (!Object.hasOwn(processSignals, signal))
      throw new InvalidArgumentError(`${JSON.stringify(signal)} is not a signal that can be sent`, {
        next: `name one of ${Object.keys(processSignals).join(", ")}`,
      });
    const { state } = await this.get(id, options);
    if (state === "running") expectSuccess(await this.#run(planSignal(id, signal), options));
  }

  /** A description may be as long as a command. */
  async #list(options: CallOptions, id?: string): Promise<readonly JobInfo[]> {
    const maxOutputBytes = Number.MAX_SAFE_INTEGER;
    const { stdout } = expectSuccess(await this.#run(planListJobs(id), { ...options, maxOutputBytes }));
    return parseJobList(stdout);
  }

  async #run(command: Command, options: ExecOptions): Promise<ExecResult> {
    this.#checkSupport();
    return await this.#exec(command, { ...options, root: true, cwd: "/" });
  }

  #checkSupport(): void {
    if (!this.#backend.capabilities.jobs) throw unsupported(this.#backend.id, "run jobs");
  }

  /** What cannot be an id is nobody's. */
  #checkId(id: string): string {
    if (!jobId.test(id)) throw this.#notFound(id);
    return id;
  }

  #notFound(id: string): JobNotFoundError {
    return new JobNotFoundError(
      `there is no job ${JSON.stringify(id)} in sandbox ${JSON.stringify(this.#name)}`,
      { context: { sandbox: this.#name, job: id }, next: "list those that there are" },
    );
  }
}

function checkAmount(what: string, amount: number, least: number): void {
  if (Number.isSafeInteger(amount) && amount >= least) return;
  throw new InvalidArgumentError(`${what}: ${amount} is not a whole number from ${least} up`);
}
