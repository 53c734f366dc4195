import { aptScript } from "./apt-script.ts";
import type { ProvisionStep } from "./provisioning.ts";
import type { Settings } from "./settings.ts";
import { setupSteps } from "./setup-steps.ts";
import { formatScript } from "./step-script.ts";

/** The script that does what is pending of the setup. */
export function formatSetup(
  { certificates }: Settings,
  { before }: { readonly before: readonly ProvisionStep[] },
): string {
  const pending = new Set(before.filter(({ state }) => state === "pending").map(({ id }) => id));
  const preamble = `certificates=${certificates.length > 0 ? "yes" : "no"}\n${aptScript}`;
  return formatScript(
    setupSteps.filter(({ id }) => pending.has(id)),
    { preamble, epilogue: untilTheInstaller },
  );
}

/** Until who installs the tools has said who that is, they are to be installed for as long as the sandbox runs. */
const untilTheInstaller = "name_runner 1\n";

/** Its steps before it has run. */
export const pendingSetup: readonly ProvisionStep[] = setupSteps.map(({ id, title }) => ({
  id,
  title,
  kind: "setup",
  state: "pending",
}));
