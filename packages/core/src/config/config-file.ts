import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { ConfigInvalidError } from "../errors.ts";
import type { CallOptions } from "../options.ts";
import { expandPath } from "./kinds.ts";

/** Reads a file as text; rejects as `node:fs` does, with a `code` such as ENOENT. */
export type ReadConfigFile = (path: string, options: CallOptions) => Promise<string>;

/** Where the configuration file is, or would be. */
export interface ConfigFileLocation {
  readonly path: string;
  /** Who named it; absent: it is the usual place, and the file may be missing. */
  readonly namedBy?: "--config" | "PIXELS_CONFIG";
}

export interface LocateConfigOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  /** What `--config` says. */
  readonly configPath?: string | undefined;
}

/**
 * The file of `--config`, else of PIXELS_CONFIG, else pixels/config.toml in XDG_CONFIG_HOME, else in ~/.config. A relative
 * XDG_CONFIG_HOME is ignored (XDG Base Directory Specification).
 */
export function locateConfigFile({
  env,
  homeDirectory,
  configPath,
}: LocateConfigOptions): ConfigFileLocation {
  if (configPath !== undefined)
    return { path: resolve(expandPath(configPath, { homeDirectory })), namedBy: "--config" };
  const named = env["PIXELS_CONFIG"];
  if (named) return { path: resolve(expandPath(named, { homeDirectory })), namedBy: "PIXELS_CONFIG" };
  const xdg = env["XDG_CONFIG_HOME"];
  const folder = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeDirectory, ".config");
  return { path: join(folder, "pixels", "config.toml") };
}

/** The file's table; undefined where nobody named the file and it is missing. Rejects with CONFIG_INVALID. */
export async function readConfigFile(
  location: ConfigFileLocation,
  options: CallOptions & { readonly readFile?: ReadConfigFile | undefined },
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readText(location, options);
  return text === undefined ? undefined : await parseToml(location.path, text.replace(/^\uFEFF/, ""));
}

async function readText(
  { path, namedBy }: ConfigFileLocation,
  { signal, readFile: read = readUtf8 }: CallOptions & { readonly readFile?: ReadConfigFile | undefined },
): Promise<string | undefined> {
  try {
    return await read(path, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    if (missing && namedBy === undefined) return undefined;
    const file = JSON.stringify(path);
    throw new ConfigInvalidError(
      missing
        ? `there is no configuration file ${file}, which ${namedBy} names`
        : `the configuration file ${file} cannot be read${code === undefined ? "" : `: ${code}`}`,
      {
        cause: error,
        context: { file: path, expected: "a readable TOML file" },
        next: missing ? `create it or name another one with ${namedBy}` : "make it a file that you can read",
      },
    );
  }
}

async function readUtf8(path: string, { signal }: CallOptions): Promise<string> {
  return await readFile(path, { encoding: "utf8", signal });
}

async function parseToml(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  // Loaded only where there is a file: a command without one starts faster.
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const problem = (error.message.split("\n")[0] ?? "").replace("Invalid TOML document: ", "");
    // Without a cause: the parser's error repeats the lines around the mistake, and they may hold a secret.
    throw new ConfigInvalidError(
      `${JSON.stringify(path)} is not valid TOML: line ${error.line}, column ${error.column}: ${problem}`,
      {
        context: { file: path, line: error.line, column: error.column, expected: "valid TOML" },
        next: "correct that line; texts need quotes, and tables are [section]",
      },
    );
  }
}
