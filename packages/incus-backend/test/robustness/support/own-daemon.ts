/** A private daemon for one test file alone, to be stopped, killed, filled or emptied. */
export { startTestbed, type Testbed } from "../../../../../tools/testbed/src/index.ts";
export { buildImage, endIncusd, startIncusd } from "../../../../incus-host/src/index.ts";
