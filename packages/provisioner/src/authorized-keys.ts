import { InvalidArgumentError } from "@pixels/core";

const BEGIN = "# pixels: whoever made this sandbox";
const END = "# pixels: end";

/** A type and the key itself, and a comment where there is one; options before them could be anything. */
const keyForm = /^(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: [^\p{Cc}]*)?$/u;

/** The keys of a public key file, a line each. Throws INVALID_ARGUMENT where a line is none; comments and empty lines are left out. */
export function parseAuthorizedKeys(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
  for (const key of keys)
    if (!keyForm.test(key))
      throw new InvalidArgumentError("what was given as a public SSH key is none", {
        next: "name a key whose .pub file is as ssh-keygen writes it",
      });
  return keys;
}

/** The lines that are kept together in a file of authorized keys; without keys none. */
export function formatKeys(keys: readonly string[]): string {
  return keys.length === 0 ? "" : [BEGIN, ...keys, END, ""].join("\n");
}

/** The text of an authorized_keys file with these keys in place of those that were written so before. Keys of others stay. */
export function replaceKeys(text: string, keys: readonly string[]): string {
  const lines = text.split("\n");
  const kept: string[] = [];
  let ours = false;
  for (const line of lines) {
    if (line === BEGIN) ours = true;
    if (!ours) kept.push(line);
    if (line === END) ours = false;
  }
  const rest = kept.join("\n");
  return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${formatKeys(keys)}`;
}
