import { execFile } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatOpensshKey } from "./openssh-key.ts";

const run = promisify(execFile);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pixels-keys-"));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

const kinds: Readonly<Record<string, () => KeyObject>> = {
  "ssh-ed25519": () => generateKeyPairSync("ed25519").privateKey,
  "ecdsa-sha2-nistp256": () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "ecdsa-sha2-nistp521": () => generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
  "ssh-rsa": () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
};

describe("ssh-keygen reads it", () => {
  test.each(Object.keys(kinds))("%s", async (kind) => {
    // often enough for numbers with a leading zero, which are written shorter
    for (let round = 0; round < (kind === "ssh-rsa" ? 3 : 40); round++) {
      const key = kinds[kind]?.() ?? expect.fail("no such kind");
      const { privateFile, publicFile } = formatOpensshKey(key, { comment: "root@px-box" });
      const path = join(directory, `${kind}-${round}`);
      await writeFile(path, privateFile, { mode: 0o600 });
      await writeFile(`${path}.pub`, publicFile);
      const { stdout: derived } = await run("ssh-keygen", ["-y", "-f", path]);
      expect(derived).toBe(publicFile);
      expect(publicFile.split(" ")[0]).toBe(kind);
      const ofPrivate = (await run("ssh-keygen", ["-l", "-f", path])).stdout;
      await rm(path);
      expect((await run("ssh-keygen", ["-l", "-f", `${path}.pub`])).stdout).toBe(ofPrivate);
    }
  });

  test("and signs with it", async () => {
    const key = generateKeyPairSync("ed25519").privateKey;
    const { privateFile, publicFile } = formatOpensshKey(key, { comment: "c" });
    const path = join(directory, "signer");
    await writeFile(path, privateFile, { mode: 0o600 });
    await writeFile(join(directory, "message"), "text");
    await writeFile(join(directory, "allowed"), `me ${publicFile}`);
    await run("ssh-keygen", ["-Y", "sign", "-n", "file", "-f", path, join(directory, "message")]);
    const { stdout } = await run(
      "sh",
      ["-c", "ssh-keygen -Y verify -f allowed -I me -n file -s message.sig <message"],
      { cwd: directory },
    );
    expect(stdout).toContain("Good");
  });
});
