import { PixelsError } from "../../errors.ts";

/** What a call on the sandbox gives; undefined where there is nothing at its path. */
export async function orMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (PixelsError.is(error) && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
