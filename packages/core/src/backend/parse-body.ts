import * as v from "valibot";
import { BackendProtocolError } from "../errors.ts";

/** A value of the wire, checked. Rejects with BACKEND_PROTOCOL naming the path of the first value that is wrong; `what` names the answer. */
export function parseBody<S extends v.GenericSchema>(
  schema: S,
  body: unknown,
  what: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "the whole answer";
  throw new BackendProtocolError(`${what}: ${path}: ${issue.message}`, {
    context: { path },
    next: "check that the server's version is supported",
  });
}
