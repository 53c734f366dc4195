import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BackendCapabilities, SandboxBackend } from "../backend/backend.ts";
import { isMet, type Requirement } from "./requirement.ts";
import { type RequirementId, requirements } from "./requirements.ts";
import { scenarios } from "./scenarios/index.ts";
import { openSuite, type Suite } from "./suite.ts";

export interface DescribeBackendOptions {
  /** Names the suite in the report. */
  readonly name: string;
  /** Called once. The suite disposes what it gets. */
  readonly open: () => Promise<SandboxBackend>;
  /** An image that the backend has, with a POSIX shell, coreutils and grep. */
  readonly image: string;
  /** Written down once more by whoever tests, so that a backend cannot lower the bar by itself. */
  readonly capabilities: BackendCapabilities;
  /** Rules that the backend does not keep yet, each with the reason. They run too, and have to fail. */
  readonly knownFailures?: Readonly<Partial<Record<RequirementId, string>>>;
}

/**
 * Proves with vitest that a backend keeps every rule. Call it at the top of a test file. A rule that needs a capability which the
 * backend lacks is run all the same, and has to be refused with CAPABILITY_UNSUPPORTED. Nothing is skipped.
 */
export function describeBackend({
  name,
  open,
  image,
  capabilities,
  knownFailures = {},
}: DescribeBackendOptions): void {
  describe(`${name}: a backend`, () => {
    let suite: Suite | undefined;
    const opened = (): Suite => {
      if (suite === undefined) throw new Error("the backend could not be opened");
      return suite;
    };

    beforeAll(async () => {
      suite = await openSuite(open, image);
    });

    afterAll(async () => {
      expect(await suite?.close(), "sandboxes that the suite has left").toEqual(suite && []);
    });

    test("has the capabilities that the suite was told", () => {
      expect(opened().backend.capabilities).toEqual(capabilities);
    });

    for (const [id, requirement] of entries()) {
      const reason = knownFailures[id];
      const { run, title } = isMet(capabilities, requirement.needs)
        ? { run: () => opened().run(scenarios[id]), title: requirement.behaviour }
        : {
            run: () => expectRefusal(opened(), id),
            title: `refuses, for want of "${requirement.needs}": ${requirement.behaviour}`,
          };
      if (reason === undefined) test(`${title} (${id})`, run);
      else test.fails(`${title} (${id}; known to fail: ${reason})`, run);
    }
  });
}

async function expectRefusal(suite: Suite, id: RequirementId): Promise<void> {
  await expect(suite.run(scenarios[id])).rejects.toMatchObject({ code: "CAPABILITY_UNSUPPORTED" });
}

function entries(): readonly (readonly [RequirementId, Requirement])[] {
  return Object.entries(requirements) as [RequirementId, Requirement][];
}
