export { checkMachine } from "./check-machine.ts";
export { checkServer, type CheckServerOptions } from "./check-server.ts";
export { type CheckId, checks, type Finding } from "./finding.ts";
export { type ForwardChain, type MachineFacts, readMachineFacts } from "./machine-facts.ts";
