import type { Requirement } from "./requirement.ts";

/** What backends do for a client that prepares its sandboxes. */
export const preparation = {
  "prepare:in-order": {
    behaviour:
      "has a new sandbox identified before any command can run in it, and provisioned once commands can, before it hands it out",
  },
  "prepare:files": {
    behaviour: "keeps what is written into a sandbox before its first start, and shows it to commands",
    needs: "files",
  },
  "prepare:account": {
    behaviour: "tells the account that provisioning gave from then on, also after a restart",
  },
  "prepare:without": {
    behaviour: "neither identifies nor provisions a sandbox from an image that is to be left as it is",
  },
  "prepare:failed": {
    behaviour: "leaves nothing of a sandbox whose preparation fails, and rejects with the very failure",
  },
  "prepare:aborted": {
    behaviour: "leaves nothing of a create that is aborted while the sandbox is prepared, and does not wait",
  },
  "prepare:refused": {
    behaviour:
      "refuses what the preparation refuses, and variables that nothing would write, before it asks a server",
  },
  "prepare:clone": {
    behaviour: "has a clone identified before it runs, and does not provision it",
    needs: "clone",
  },
} as const satisfies Record<string, Requirement>;
