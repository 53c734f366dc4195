import { InvalidArgumentError } from "@pixels/core";

declare const sessionName: unique symbol;

/** The name of a persistent session that `parseSessionName` has checked. */
export type SessionName = string & { readonly [sessionName]: true };

/** zmx keeps each session's socket in a file of that name, whose path may have 107 bytes. */
const MAX_LENGTH = 80;
const pattern = /^[A-Za-z0-9._-]+$/;

/** Whether `parseSessionName` takes it. */
export function isSessionName(text: string): text is SessionName {
  return pattern.test(text) && text.length <= MAX_LENGTH && text !== "." && text !== "..";
}

/** Letters, digits, dots, underscores and hyphens, at most 80, and neither "." nor "..". Throws INVALID_ARGUMENT. */
export function parseSessionName(text: string): SessionName {
  if (isSessionName(text)) return text;
  throw new InvalidArgumentError(`${JSON.stringify(text)} is not the name of a session`, {
    context: { session: text },
    next: `use letters, digits, dots, underscores and hyphens, at most ${MAX_LENGTH}, such as console or build-2`,
  });
}

/** The session that a console opens unless told otherwise. */
export const DEFAULT_SESSION = parseSessionName("console");
