import type { SandboxPreparer } from "@pixels/core";
import { INSTANCE_PREFIX } from "@pixels/core/backend";
import { giveIdentity } from "./identity.ts";

/** What `createSandboxClient({ prepare })` is given. Works through the sandbox's files alone: nothing of it needs a program on this machine. */
export function createPreparer(): SandboxPreparer {
  return {
    check: () => Promise.resolve(),
    identify: (clone, _request, options) =>
      giveIdentity(clone.files, { hostname: INSTANCE_PREFIX + clone.name }, options),
    provision: () => Promise.resolve({}),
  };
}
