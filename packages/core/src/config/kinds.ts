import { isIP } from "node:net";
import { isAbsolute, join, resolve } from "node:path";
import { DURATION_FORM, readDuration } from "../duration.ts";
import type { EgressPolicy } from "../egress.ts";
import { fromInstanceName, INSTANCE_PREFIX } from "../names.ts";
import type { CpuLimit } from "../sandbox.ts";
import { readSize, SIZE_FORM } from "../size.ts";
import { CPU_FORM, readCpuLimit } from "./cpu.ts";
import { Secret } from "./secret.ts";
import {
  choice,
  counts,
  integer,
  isLine,
  line,
  list,
  quantity,
  Unfit,
  type ValueContext,
  type ValueKind,
} from "./value-kind.ts";

const TEXT_FORM = "a line of text that is not empty";

const boolean: ValueKind<boolean> = {
  expected: "true or false",
  accept: (value) => (typeof value === "boolean" ? value : new Unfit(value)),
  fromText: (text) =>
    /^(?:true|t|yes|1)$/i.test(text) ? true : /^(?:false|f|no|0)$/i.test(text) ? false : text,
};

const secret: ValueKind<Secret> = {
  expected: TEXT_FORM,
  accept: (value) => (isLine(value) ? new Secret(value) : new Unfit(new Secret(value))),
};

/** Every kind of value that a key can have. */
export const valueKinds = {
  text: line(TEXT_FORM, (text) => text),
  secret,
  boolean,
  path: line("a path; ~/ is the home folder", expandPath),
  paths: list('a list of paths such as ["~/ca.pem"]', expandPath),
  list: list('a list of texts such as ["one", "two"]', (item) => item),
  addresses: list('a list of IP addresses such as ["192.0.2.53"]', (item) =>
    isIP(item) === 0 ? undefined : item,
  ),
  port: integer("a port from 1 to 65535", 1, 65_535),
  count: integer("a whole number from 1 on", 1, Number.MAX_SAFE_INTEGER),
  counts: counts("a whole number from 0 on for each name (name=number in the environment)"),
  duration: line(`${DURATION_FORM}, longer than nothing`, (text) => readDuration(text) || undefined),
  size: quantity(SIZE_FORM, readSize),
  cpu: quantity<CpuLimit>(CPU_FORM, readCpuLimit),
  egress: choice<EgressPolicy["mode"]>("unrestricted", "agent", "allowlist", "blocked"),
  nic: choice("bridged", "macvlan"),
  auth: choice("token", "none"),
  backend: line('"incus", "truenas" or the name of an npm package', readPackageName),
  listen: line('an address such as "127.0.0.1:8765" or "unix:/path"', readListenAddress),
  route: line('a path such as "/mcp"', (text) => (/^\/[^\s?#]*$/.test(text) ? text : undefined)),
  prefix: line('the beginning of a sandbox name such as "mcp-"', readNamePrefix),
};

export type ValueKindName = keyof typeof valueKinds;

/** Expands a leading `~/`, and makes the path absolute where it is known what it counts from. */
export function expandPath(path: string, { homeDirectory, directory }: ValueContext): string {
  if (path === "~") return homeDirectory;
  if (path.startsWith("~/")) return join(homeDirectory, path.slice(2));
  return directory === undefined ? path : resolve(directory, path);
}

function readPackageName(text: string): string | undefined {
  return /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(text) ? text : undefined;
}

function readListenAddress(text: string, { homeDirectory }: ValueContext): string | undefined {
  if (text.startsWith("unix:")) {
    const path = expandPath(text.slice("unix:".length), { homeDirectory });
    return isAbsolute(path) ? `unix:${path}` : undefined;
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) return undefined;
  return match[1] === undefined || isIP(match[1]) === 6 ? text : undefined;
}

function readNamePrefix(text: string): string | undefined {
  const bare = text.startsWith(INSTANCE_PREFIX) ? text.slice(INSTANCE_PREFIX.length) : text;
  return bare !== "" && fromInstanceName(`${INSTANCE_PREFIX}${bare}x`) !== undefined ? bare : undefined;
}
