import { readFile } from "node:fs/promises";
import type { CallOptions } from "@pixels/core";
import * as v from "valibot";
import { findCommand } from "../find-command.ts";
import { hasServiceManager } from "../service-manager.ts";
import { isRoot } from "../require-root.ts";
import { askProgram } from "../run-program.ts";
import { type IdRanges, readIdRanges } from "../setup/id-ranges.ts";

/** A chain of the firewall that drops what is forwarded and that nothing before it lets through. */
export interface ForwardChain {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** The rules of its table, as nft prints them. */
  readonly rules: string;
}

/** What only a look at the machine of the server tells. Plain data. */
export interface MachineFacts {
  readonly serviceManager: boolean;
  /** What systemd says of the unit file of incus.socket; undefined without systemd. */
  readonly socketUnit: string | undefined;
  readonly ids: readonly IdRanges[];
  /** Names of the control groups' controllers that are on. */
  readonly controllers: readonly string[];
  readonly apparmor: boolean;
  /** Undefined where the firewall cannot be read. */
  readonly forwardChains: readonly ForwardChain[] | undefined;
}

/** Looks at this machine. Changes nothing; without root the firewall stays unread. */
export async function readMachineFacts(options: CallOptions = {}): Promise<MachineFacts> {
  const serviceManager = hasServiceManager();
  const [socketUnit, ids, controllers, apparmor, forwardChains] = await Promise.all([
    serviceManager ? readUnit("incus.socket", options) : undefined,
    Promise.all([readIdRanges("uid"), readIdRanges("gid")]),
    readControllers(),
    readFile("/sys/module/apparmor/parameters/enabled", "utf8").then(
      (text) => text.startsWith("Y"),
      () => false,
    ),
    readForwardChains(options),
  ]);
  return { serviceManager, socketUnit, ids, controllers, apparmor, forwardChains };
}

async function readUnit(unit: string, options: CallOptions): Promise<string> {
  const shown = await askProgram("systemctl", ["show", "--property=UnitFileState", "--value", unit], options);
  return shown?.trim() || "not there";
}

/** cgroups(7): of version 2 in the root's file, of version 1 in /proc/cgroups with a 1 in the last column. */
async function readControllers(): Promise<readonly string[]> {
  const [two, one] = await Promise.all([
    readFile("/sys/fs/cgroup/cgroup.controllers", "utf8").catch(() => ""),
    readFile("/proc/cgroups", "utf8").catch(() => ""),
  ]);
  const ofOne = one.split("\n").flatMap((line) => {
    const [name = "", , , enabled] = line.split("\t");
    return enabled === "1" ? [name] : [];
  });
  return [...two.trim().split(/\s+/), ...ofOne].filter(Boolean);
}

const rulesetSchema = v.object({
  nftables: v.array(
    v.object({
      chain: v.optional(
        v.object({
          family: v.string(),
          table: v.string(),
          name: v.string(),
          hook: v.optional(v.string()),
          policy: v.optional(v.string()),
        }),
      ),
    }),
  ),
});

async function readForwardChains(options: CallOptions): Promise<readonly ForwardChain[] | undefined> {
  const nft = findCommand("nft");
  if (!isRoot() || nft === undefined) return undefined;
  const listed = v.safeParse(
    rulesetSchema,
    parseJson(await askProgram(nft, ["--json", "list", "chains"], options)),
  );
  if (!listed.success) return undefined;
  const chains: ForwardChain[] = [];
  for (const { chain } of listed.output.nftables) {
    if (chain === undefined || chain.hook !== "forward" || chain.policy !== "drop") continue;
    const { family, table, name } = chain;
    if (family !== "ip" && family !== "inet") continue;
    const rules = await askProgram(nft, ["list", "table", family, table], options);
    if (rules === undefined) return undefined;
    chains.push({ family, table, chain: name, rules });
  }
  return chains;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
