import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { BackendMisconfiguredError } from "../../errors.ts";

/** The path of a program of this machine. Rejects with BACKEND_MISCONFIGURED where there is none. */
export async function findProgram(name: string): Promise<string> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, name);
    if (await canRun(path)) return path;
  }
  throw new BackendMisconfiguredError(
    `the memory backend needs the program "${name}", which is not in the PATH`,
    {
      context: { program: name },
      next: "use Linux with util-linux installed",
    },
  );
}

async function canRun(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
