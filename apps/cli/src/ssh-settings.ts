import { quoteForShell } from "@pixels/core/backend";

/** How ssh reaches a sandbox. */
export interface SshSettings {
  /** What is typed after `ssh`. */
  readonly host: string;
  readonly user: string;
  /** Absent: ssh's own choice. */
  readonly identityFile: string | undefined;
  readonly proxyCommand: readonly string[];
  /** The file with the sandbox's keys; absent: any key will do. */
  readonly knownHostsFile: string | undefined;
}

/** A block for ssh_config(5). */
export function toSshBlock({ host, user, identityFile, proxyCommand, knownHostsFile }: SshSettings): string {
  const lines = [
    `HostName ${host}`,
    `User ${quote(user)}`,
    ...(identityFile === undefined ? [] : [`IdentityFile ${quote(identityFile)}`, "IdentitiesOnly yes"]),
    // a shell reads the rest of the line, after ssh has filled in what begins with a percent sign
    `ProxyCommand ${escapePercent(proxyCommand.map(quoteForShell).join(" "))}`,
    `HostKeyAlias ${host}`,
    `UserKnownHostsFile ${quote(knownHostsFile ?? "/dev/null")}`,
    "GlobalKnownHostsFile /dev/null",
    `StrictHostKeyChecking ${knownHostsFile === undefined ? "no" : "yes"}`,
    "UpdateHostKeys no",
  ];
  return `Host ${host}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

export function toSshJson({ host, user, identityFile, proxyCommand, knownHostsFile }: SshSettings) {
  return {
    host,
    user,
    identity_file: identityFile ?? null,
    proxy_command: proxyCommand,
    host_key_alias: host,
    known_hosts_file: knownHostsFile ?? null,
    strict_host_keys: knownHostsFile !== undefined,
  };
}

/** A value as ssh_config(5) reads it. */
function quote(text: string): string {
  const escaped = escapePercent(text);
  return /^[\w@%+=:,./~-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

function escapePercent(text: string): string {
  return text.replaceAll("%", "%%");
}
