import type { SandboxInfo } from "@pixels/core";
import { INSTANCE_PREFIX } from "@pixels/core/backend";
import { commandNames, loadAllCommands } from "../commands.ts";
import { splitDescription } from "../help.ts";
import { findCheckpoints, findSandboxes, findSessions, type LookupOptions } from "./lookup.ts";
import type { Question, ValueQuestion } from "./question.ts";

/** A word that can stand at the cursor, and what is said about it. */
export interface Candidate {
  readonly value: string;
  readonly description?: string | undefined;
}

/** `files`: paths on this machine, which the shell itself knows best how to complete. */
export type Candidates = { readonly files: true } | readonly Candidate[];

export interface CandidateOptions {
  /** The word at the cursor, as far as it is typed. */
  readonly current: string;
  readonly env: LookupOptions["env"];
  /** Whether descriptions are of any use: those of commands take loading all of them. */
  readonly described: boolean;
}

/** Everything that can stand there, some of which may not begin like what is typed. */
export async function findCandidates(question: Question, options: CandidateOptions): Promise<Candidates> {
  switch (question.asks) {
    case "command":
      return options.described ? await describeCommands() : commandNames.map((value) => ({ value }));
    case "sub-command":
      return question.commands.flatMap(({ paths = [], usage }) =>
        paths
          .filter(([word]) => word === question.of)
          .flatMap(([, value]) => (value === undefined ? [] : [{ value, description: usage?.description }])),
      );
    case "option": {
      const own = question.options.flatMap(({ names, description }) =>
        names.map((value) => ({ value, description: splitDescription(description).text })),
      );
      // clipanion's own
      return [...own, { value: "--help", description: "tell how it is used" }];
    }
    case "value":
      return await findValues(question, options);
  }
}

async function describeCommands(): Promise<readonly Candidate[]> {
  const described = new Map<string, string | undefined>();
  for (const { paths = [], usage } of await loadAllCommands())
    for (const [word, ...rest] of paths)
      if (word !== undefined && rest.length === 0) described.set(word, usage?.description);
  return commandNames.map((value) => ({ value, description: described.get(value) }));
}

async function findValues(question: ValueQuestion, { current, env }: CandidateOptions): Promise<Candidates> {
  const { completes, before, line, sandboxes } = question;
  const lookup = { env, configPath: line.values.get("config"), backend: line.values.get("backend") };
  const typed = current.slice(before.length);
  switch (completes) {
    case "file":
      return { files: true };
    case "nothing":
      return [];
    case "remote-command":
      return line.ended ? [] : [{ value: "--", description: "what follows is run in the sandbox" }];
    case "sandbox": {
      const found = await findSandboxes(toBare(typed), lookup);
      const named = new Set(sandboxes.map(toBare));
      const others = found.filter(({ name }) => !named.has(name));
      return putAfter(before, toNames(others, typed));
    }
    case "checkpoint":
      return putAfter(before, await findLabels(sandboxes[0], lookup));
    case "session":
      return putAfter(before, await findSessionNames(sandboxes[0], lookup));
    case "clone-source": {
      const [sandbox = "", label] = typed.split(":");
      return label === undefined
        ? putAfter(before, toNames(await findSandboxes(toBare(typed), lookup), typed))
        : putAfter(`${before}${sandbox}:`, await findLabels(sandbox, lookup));
    }
    default:
      // what is in turn was taken in turn
      return "values" in completes ? completes.values.map((value) => ({ value: `${before}${value}` })) : [];
  }
}

async function findLabels(sandbox: string | undefined, lookup: LookupOptions): Promise<readonly Candidate[]> {
  if (sandbox === undefined) return [];
  const found = await findCheckpoints(sandbox, lookup);
  return found.map(({ name, createdAt }) => ({ value: name, description: createdAt.toISOString() }));
}

async function findSessionNames(
  sandbox: string | undefined,
  lookup: LookupOptions,
): Promise<readonly Candidate[]> {
  if (sandbox === undefined) return [];
  // root may have one of the same name
  const states = new Map(
    (await findSessions(sandbox, lookup)).map(({ session }) => [session.name, session.state]),
  );
  return Array.from(states, ([value, description]) => ({ value, description }));
}

function putAfter(before: string, candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.map(({ value, description }) => ({ value: `${before}${value}`, description }));
}

/** As commands take them: with the prefix where that is typed. */
function toNames(found: readonly SandboxInfo[], typed: string): readonly Candidate[] {
  const prefix = typed.startsWith(INSTANCE_PREFIX) ? INSTANCE_PREFIX : "";
  return found.map(({ name, status }) => ({ value: `${prefix}${name}`, description: status }));
}

function toBare(name: string): string {
  return name.startsWith(INSTANCE_PREFIX) ? name.slice(INSTANCE_PREFIX.length) : name;
}
