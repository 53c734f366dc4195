import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { namingPath } from "./local-error.ts";

test("a full disk is CAPACITY_EXHAUSTED and names the path", async () => {
  // a device that is always full
  await expect(namingPath("/dev/full", writeFile("/dev/full", "x"))).rejects.toMatchObject({
    code: "CAPACITY_EXHAUSTED",
    message: expect.stringContaining('"/dev/full"'),
    context: { path: "/dev/full", errno: "ENOSPC" },
  });
});

test("what is no failure of the file system stays what it is", async () => {
  const reason = new Error("other");
  await expect(namingPath("/", Promise.reject(reason))).rejects.toBe(reason);
});
