export { startTestbed, type Testbed, TESTBED_IMAGE, type TestbedOptions } from "./testbed.ts";
