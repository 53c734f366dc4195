/** A private daemon for one test file alone, on which no other command looks for what is left over. */
export { endIncusd, startIncusd } from "../../../../packages/incus-host/src/index.ts";
export { startTestbed, type Testbed, TESTBED_IMAGE } from "../../../../tools/testbed/src/index.ts";
