import { randomBytes } from "node:crypto";

/** For what is not whole yet, beside its place. Of a fixed length: a name that is as long as can be has no room for more. */
export function createTemporaryName(): string {
  return `.px-${randomBytes(8).toString("hex")}.part`;
}
