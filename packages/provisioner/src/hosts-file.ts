/** Debian's address of a machine's own name (Debian Reference, 5.1.1). */
const OWN_ADDRESS = "127.0.1.1";
const LOCALHOST = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";

/** The text of /etc/hosts with the old name replaced, and the new one there once at least. Comments and everything else stay. */
export function renameInHosts(text: string, oldName: string, newName: string): string {
  const lines = (text.trim() === "" ? LOCALHOST : text)
    .split("\n")
    .map((line) => rename(line, oldName, newName));
  const named = lines.some((line) => toFields(line).slice(1).includes(newName));
  if (!named) lines.unshift(`${OWN_ADDRESS} ${newName}`);
  const renamed = lines.join("\n");
  return renamed.endsWith("\n") ? renamed : `${renamed}\n`;
}

function rename(line: string, oldName: string, newName: string): string {
  const [address, ...names] = toFields(line);
  if (address === undefined) return line;
  if (address === OWN_ADDRESS) return `${OWN_ADDRESS} ${newName}`;
  if (oldName === "" || oldName === "localhost" || !names.includes(oldName)) return line;
  return [address, ...names.map((name) => (name === oldName ? newName : name))].join(" ");
}

function toFields(line: string): readonly string[] {
  return line
    .replace(/#.*$/, "")
    .split(/\s+/)
    .filter((field) => field !== "");
}
