import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bootWaitScript } from "./boot-wait.ts";

test("the floor waits for the boot as the library does", () => {
  const source = readFileSync(
    new URL("../../../packages/incus-backend/src/boot.ts", import.meta.url),
    "utf8",
  );
  const script = /const waitScript = `([^`]*)`/.exec(source)?.[1];
  const inserted = { BOOT_SECONDS: "30", ADDRESS_SECONDS: "5", NIC: "eth0" };
  const filled = script?.replaceAll(
    /\$\{(\w+)\}/g,
    (_, name: string) => inserted[name as keyof typeof inserted] ?? name,
  );
  expect(filled).toBe(bootWaitScript);
});
