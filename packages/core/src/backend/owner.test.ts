import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { currentOwner, formatOwner, getOwnerLiveness, parseOwner } from "./owner.ts";

test("this process is alive", () => {
  expect(getOwnerLiveness(currentOwner())).toBe("alive");
});

test("an owner survives being written down, in one word", () => {
  const owner = currentOwner();
  expect(formatOwner(owner)).not.toMatch(/\s/);
  expect(parseOwner(formatOwner(owner))).toEqual(owner);
});

test.each(["", "a", "a/b/c/d", "a/b/c/d/e", "a/b/c/-1/e", "a/b/c/1/e/f", "a/b/c//e"])(
  "%j is no owner",
  (text) => {
    expect(parseOwner(text)).toBeUndefined();
  },
);

test("a process is alive until it ends", async () => {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const owner = { ...currentOwner(), pid, startedAt: stat.split(" ")[21] ?? "" };
  expect(getOwnerLiveness(owner)).toBe("alive");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(getOwnerLiveness(owner)).toBe("dead");
});

test("a process that has ended and that nobody has asked how is dead", async () => {
  // sleep never asks how its child has ended
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 600"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  const readStat = async (): Promise<string[]> => (await readFile(`/proc/${pid}/stat`, "utf8")).split(" ");
  await expect.poll(async () => (await readStat())[2]).toBe("Z");
  const owner = { ...currentOwner(), pid, startedAt: (await readStat())[21] ?? "" };
  expect(getOwnerLiveness(owner)).toBe("dead");
  parent.kill("SIGKILL");
  await once(parent, "exit");
});

test("another process that has got the same id is not the owner", () => {
  expect(getOwnerLiveness({ ...currentOwner(), startedAt: "1" })).toBe("dead");
});

test("everything of before a reboot of this host is dead, where the host has an id to be known by", () => {
  const owner = currentOwner();
  const expected = owner.host.includes("+") ? "dead" : "unknown";
  expect(getOwnerLiveness({ ...owner, bootId: "another-boot" })).toBe(expected);
});

test("a process of this boot is known without any id of the host", () => {
  expect(getOwnerLiveness({ ...currentOwner(), host: "a-name-alone" })).toBe("alive");
});

test.each([
  { host: "another-host+0123456789abcdef", bootId: "another-boot" },
  { host: "a-name-alone", bootId: "another-boot" },
  { bootId: "" },
  { pidNamespace: "1" },
])("nothing is known of an owner with %o", (other) => {
  expect(getOwnerLiveness({ ...currentOwner(), ...other })).toBe("unknown");
});
