import { expect, test } from "vitest";
import { parseCandidates } from "./apt-policy.ts";

test("a package counts as available only with a candidate", () => {
  const policy =
    "incus-base:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n" +
    "iproute2:\n  Installed: (none)\n  Candidate: 6.1.0-3\n  Version table:\n     6.1.0-3 500\n";
  expect([...parseCandidates(policy)]).toEqual(["iproute2"]);
});
