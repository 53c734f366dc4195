import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Where a program is, or undefined. The folders of administrators' tools are searched too, which a user's PATH may lack. */
export function findCommand(name: string, path: string = process.env["PATH"] ?? ""): string | undefined {
  const folders = [...path.split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"].filter(
    (folder) => folder !== "",
  );
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Where the Incus daemon is, or undefined: distributions keep it out of PATH. */
export function findIncusDaemon(): string | undefined {
  const places = ["/usr/libexec/incus/incusd", "/usr/lib/incus/incusd", "/opt/incus/bin/incusd"];
  return places.find(isExecutable) ?? findCommand("incusd");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
