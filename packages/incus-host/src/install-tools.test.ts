import { expect, onTestFinished, test } from "vitest";
import { installTools } from "./install-tools.ts";
import { startPrivateIncus } from "./private-incus.ts";

const missing = { command: "no-such-program", package: "no-such-package", purpose: "image" } as const;

/** Becomes somebody without rights until the test is over. */
function dropRights(): void {
  process.seteuid?.(65534);
  onTestFinished(() => process.seteuid?.(0));
}

test("with nothing missing it does nothing, whoever asks", async () => {
  dropRights();
  await expect(installTools({ tools: [] })).resolves.toBeUndefined();
});

test("without rights it says which commands would do", async () => {
  dropRights();
  await expect(installTools({ tools: [missing] })).rejects.toMatchObject({
    code: "BACKEND_UNAUTHORIZED",
    next: expect.stringContaining("apt-get install --no-install-recommends no-such-package"),
  });
});

test("a private daemon is refused without rights, before anything is made", async () => {
  dropRights();
  await expect(startPrivateIncus()).rejects.toMatchObject({ code: "BACKEND_UNAUTHORIZED" });
});
