import { InvalidArgumentError } from "@pixels/core";

export const ENVIRONMENT_FILE = "/etc/environment";

/** Of a line with its end; pam_env reads nothing that comes after a longer one (Linux-PAM 1.5: pam_env.c). */
const MAX_LINE_BYTES = 8191;
/** Every account has its own. */
const ofAccounts = /^(?:HOME|USER|LOGNAME)$/;
/** Variables that shells check or compute, or that the reader of the launcher keeps for itself. */
const ofShells =
  /^(?:_|OPTIND|LINENO|PPID|E?UID|GROUPS|DIRSTACK|FUNCNAME|HISTCMD|S?RANDOM|SECONDS|EPOCH\w+|SHELLOPTS|BASH\w*|IFS|px_\w*)$/;

/**
 * Checks that pam_env and the launcher will read the very same values from /etc/environment, where nothing can be escaped. Throws
 * INVALID_ARGUMENT, never with a value in it.
 */
export function checkEnvironment(env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    const problem = findProblem(name, value);
    if (problem === undefined) continue;
    throw new InvalidArgumentError(
      `the environment variable ${JSON.stringify(name)} cannot be kept in /etc/environment: ${problem}`,
      { next: "leave it out, or give it to each command instead: session_only = true in [env]" },
    );
  }
}

function findProblem(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return "a name is made of letters, digits and underscores, and begins with no digit";
  if (ofAccounts.test(name)) return "each account has its own";
  if (ofShells.test(name)) return "shells keep that name for themselves";
  if (value.includes("#")) return "its value has a # in it, which begins a comment";
  if (/[\0\r\n]/.test(value)) return "its value has a line break or a NUL in it";
  if (Buffer.byteLength(toLine(name, value)) >= MAX_LINE_BYTES)
    return `with its name it has more than ${MAX_LINE_BYTES} bytes`;
  return undefined;
}

/** The text of /etc/environment with these variables in place of those of the same names; every other line stays as it is. */
export function mergeEnvironment(text: string, env: Readonly<Record<string, string>>): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const kept = lines.filter((line) => {
    const [, name] = /^\s*(?:export )?([A-Za-z0-9_]+)=/.exec(line) ?? [];
    return name === undefined || !Object.hasOwn(env, name);
  });
  const added = Object.entries(env).map(([name, value]) => toLine(name, value));
  return [...kept, ...added].map((line) => `${line}\n`).join("");
}

/** Both readers take one quote from either end, and whatever is between them as it is, other quotes too. */
function toLine(name: string, value: string): string {
  return `${name}="${value}"`;
}
