import { InvalidArgumentError } from "@pixels/core";
import { parseAuthorizedKeys } from "./authorized-keys.ts";
import { type Certificate, certificateVariables, parseCertificates } from "./certificates.ts";
import { checkEnvironment } from "./environment-file.ts";
import { checkServers } from "./resolver.ts";

export interface PreparerOptions {
  /** Texts of public key files; root and the pixel user of every sandbox take logins with these keys. */
  readonly authorizedKeys?: readonly string[];
  /** Why there are no keys, for whoever wonders; completes "skipped: ". */
  readonly noKeys?: string;
  /** Variables of every sandbox; a request's own count more. */
  readonly env?: Readonly<Record<string, string>>;
  /** Addresses of name servers. Default: those that the network offers. */
  readonly dns?: readonly string[];
  /** Texts of PEM files: CAs that sandboxes trust besides the usual ones. */
  readonly caCertificates?: readonly string[];
  /** Install the developer tools in sandboxes from images, in the background. Default true. */
  readonly devtools?: boolean;
  /** The npm registry that tools come from. Default: the one that npm in the sandbox is set to. */
  readonly npmRegistry?: string;
}

/** What is written into a sandbox, checked. */
export interface Settings {
  readonly keys: readonly string[];
  readonly noKeys: string;
  readonly env: Readonly<Record<string, string>>;
  readonly dns: readonly string[];
  readonly certificates: readonly Certificate[];
  readonly devtools: boolean;
  readonly npmRegistry: string | undefined;
}

/** Throws INVALID_ARGUMENT, never with a variable's value in it. */
export function toSettings(options: PreparerOptions): Settings {
  const { authorizedKeys = [], noKeys = "there is no public key", dns = [], caCertificates = [] } = options;
  const { env = {}, devtools = true, npmRegistry } = options;
  const certificates = caCertificates.flatMap(parseCertificates);
  checkEnvironment(env);
  checkServers(dns);
  if (npmRegistry !== undefined) checkRegistry(npmRegistry);
  return {
    keys: authorizedKeys.flatMap(parseAuthorizedKeys),
    noKeys,
    env: certificates.length === 0 ? env : { ...certificateVariables, ...env },
    dns,
    certificates,
    devtools,
    npmRegistry,
  };
}

/** The same with a request's own variables. Throws as `toSettings`. */
export function addEnvironment(settings: Settings, env: Readonly<Record<string, string>> = {}): Settings {
  checkEnvironment(env);
  return { ...settings, env: { ...settings.env, ...env } };
}

/** What is in it shows in a process list of the sandbox. */
function checkRegistry(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "")
    return;
  throw new InvalidArgumentError("the npm registry is no http or https URL without a user", {
    next: "give only its address; npm in the sandbox takes a token from its own .npmrc",
  });
}
