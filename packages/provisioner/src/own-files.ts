import { type CallOptions, PixelsError, type SandboxFiles } from "@pixels/core";
import { formatKeys, replaceKeys } from "./authorized-keys.ts";
import { writeCertificates } from "./certificates.ts";
import { ENVIRONMENT_FILE, mergeEnvironment } from "./environment-file.ts";
import { readIfThere, statIfThere } from "./files-there.ts";
import { loginProfile, PROFILE_FILE } from "./login-profile.ts";
import type { ProvisionStep } from "./provisioning.ts";
import { writeResolver } from "./resolver.ts";
import { installDetachCommand } from "./sessions/detach-command.ts";
import type { Settings } from "./settings.ts";
import { ACCOUNT, STAGED_KEYS } from "./setup-steps.ts";
import { ROOT, writeAsRoot } from "./write-file.ts";

/** What became of a part; what needs an account that is not there yet stays pending. */
type Outcome = Pick<ProvisionStep, "state" | "detail">;

export interface WriteOwnFilesOptions extends CallOptions {
  /** The pixel user is still to come. */
  readonly fromImage: boolean;
}

interface Part {
  readonly id: string;
  readonly title: string;
  readonly write: (
    files: SandboxFiles,
    settings: Settings,
    options: WriteOwnFilesOptions,
  ) => Promise<Outcome>;
}

const done: Outcome = { state: "done" };
const pending: Outcome = { state: "pending" };
const skipped = (detail: string): Outcome => ({ state: "skipped", detail });

/** Files of a call's own, which are there before the first process. */
const parts: readonly Part[] = [
  {
    id: "resolver",
    title: "name servers",
    async write(files, { dns }, options) {
      if (dns.length === 0) return skipped("none are configured");
      await writeResolver(files, dns, options);
      return done;
    },
  },
  {
    id: "environment",
    title: ENVIRONMENT_FILE,
    async write(files, { env }, options) {
      const old = await readIfThere(files, ENVIRONMENT_FILE, options);
      await writeAsRoot(files, ENVIRONMENT_FILE, mergeEnvironment(old ?? "", env), options);
      return done;
    },
  },
  {
    id: "certificates",
    title: "CA certificates",
    async write(files, { certificates }, { fromImage, signal }) {
      if (certificates.length === 0) return skipped("none are configured");
      await writeCertificates(files, certificates, { signal });
      return fromImage ? pending : done;
    },
  },
  {
    id: "profile",
    title: "login profile",
    async write(files, _settings, options) {
      await writeAsRoot(files, PROFILE_FILE, loginProfile, options);
      await installDetachCommand({ files }, options);
      return done;
    },
  },
  { id: "keys", title: "SSH keys", write: writeKeys },
];

/** Writes what is this call's own into a sandbox that does not run, and says what became of each part. What fails of it is said too. */
export async function writeOwnFiles(
  files: SandboxFiles,
  settings: Settings,
  options: WriteOwnFilesOptions,
): Promise<readonly ProvisionStep[]> {
  return await Promise.all(parts.map((part) => attempt(part, () => part.write(files, settings, options))));
}

async function attempt({ id, title }: Part, write: () => Promise<Outcome>): Promise<ProvisionStep> {
  const step = { id, title, kind: "setup" } as const;
  try {
    return { ...step, ...(await write()) };
  } catch (error) {
    if (!isOfTheSandbox(error)) throw error;
    return { ...step, state: "failed", detail: error.message };
  }
}

/** What is there, or how full it is, stands in the way: the sandbox can be used without. */
function isOfTheSandbox(error: unknown): error is PixelsError {
  return (
    PixelsError.is(error) && ["FILE_NOT_FOUND", "FILE_REFUSED", "CAPACITY_EXHAUSTED"].includes(error.code)
  );
}

/** Those of root, and of the pixel user where there is one already; else they wait for it. */
async function writeKeys(
  files: SandboxFiles,
  { keys, noKeys }: Settings,
  { fromImage, signal }: WriteOwnFilesOptions,
): Promise<Outcome> {
  const accounts = ((await readIfThere(files, "/etc/passwd", { signal })) ?? "")
    .split("\n")
    .map((line) => line.split(":"));
  for (const [name, , uid, gid, , home] of accounts) {
    if ((name !== "root" && name !== ACCOUNT) || home === undefined) continue;
    await writeKeysOf(files, { home, owner: { uid: Number(uid), gid: Number(gid) } }, keys, { signal });
  }
  if (keys.length === 0) return skipped(noKeys);
  if (accounts.some(([name]) => name === ACCOUNT)) return done;
  if (!fromImage) return { state: "done", detail: `for root alone: there is no user ${ACCOUNT}` };
  await files.write(STAGED_KEYS, formatKeys(keys), { mode: 0o600, owner: ROOT, signal });
  return pending;
}

async function writeKeysOf(
  files: SandboxFiles,
  account: { readonly home: string; readonly owner: { readonly uid: number; readonly gid: number } },
  keys: readonly string[],
  { signal }: CallOptions,
): Promise<void> {
  const { home, owner } = account;
  if ((await statIfThere(files, home, { signal }))?.kind !== "directory") return;
  const folder = `${home}/.ssh`;
  const file = `${folder}/authorized_keys`;
  // a symlink could have root's keys written into a folder of somebody else
  if ((await statIfThere(files, folder, { signal }))?.kind === "symlink")
    await files.remove(folder, { signal });
  const old = (await readIfThere(files, file, { signal })) ?? "";
  const text = replaceKeys(old, keys);
  if (text === old) return;
  await files.mkdir(folder, { mode: 0o700, owner, signal });
  await files.write(file, text, { mode: 0o600, owner, signal });
}
