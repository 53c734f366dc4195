import { InvalidArgumentError, PixelsError } from "@pixels/core";

/** Reads a flag's value with one of core's parsers, so that what is wrong with it names the flag. Throws INVALID_ARGUMENT. */
export function readFlag<T>(flag: string, text: string, parse: (text: string) => T): T;
export function readFlag<T>(
  flag: string,
  text: string | undefined,
  parse: (text: string) => T,
): T | undefined;
export function readFlag<T>(
  flag: string,
  text: string | undefined,
  parse: (text: string) => T,
): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!PixelsError.is(error)) throw error;
    throw new InvalidArgumentError(`${flag}: ${error.message}`, {
      next: error.next,
      cause: error,
      context: { flag },
    });
  }
}

/** `K=V`, or `K` alone for the host's value, which is skipped where the host has none. Throws INVALID_ARGUMENT. */
export function readEnvironment(
  texts: readonly string[],
  host: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const text of texts) {
    const cut = text.indexOf("=");
    const name = cut === -1 ? text : text.slice(0, cut);
    if (name === "" || name.includes("\0"))
      throw new InvalidArgumentError(`--env: ${JSON.stringify(text)} names no variable`, {
        next: "write --env NAME=value, or --env NAME to pass your own value on",
        context: { flag: "--env" },
      });
    const value = cut === -1 ? host[name] : text.slice(cut + 1);
    if (value !== undefined) env[name] = value;
  }
  return env;
}
