/** A tool that mise installs. */
export interface Tool {
  /** Its name in mise's registry. */
  readonly name: string;
  readonly version: string;
  /** Its package on npm, for where the usual source cannot be reached. */
  readonly npm?: string;
}

/** What sandboxes from images get, in this order: what comes from npm needs node. */
export const tools: readonly Tool[] = [
  { name: "node", version: "lts" },
  { name: "claude-code", version: "latest" },
  { name: "codex", version: "latest", npm: "@openai/codex" },
  { name: "opencode", version: "latest" },
  { name: "pi", version: "latest", npm: "@earendil-works/pi-coding-agent" },
  { name: "fd", version: "latest" },
  { name: "ripgrep", version: "latest" },
];
