import type { CallOptions } from "@pixels/core";
import { parseBody, poll } from "@pixels/core/backend";
import * as v from "valibot";
import { IncusApiError } from "./errors.ts";
import { type Operation, operationSchema } from "./schemas.ts";
import type { IncusResponse, IncusTransport } from "./transport.ts";

export interface FollowOptions extends CallOptions {
  readonly intervalMs: number;
  readonly silenceMs: number;
  readonly onMetadata: (metadata: Readonly<Record<string, unknown>>) => void;
}

/** Background operations of the daemon (Incus: doc/rest-api, "Background operation"). */
export interface IncusOperations {
  /**
   * The operation once it has ended. Rejects with `IncusApiError` where it failed, unless `keepFailed`: then the failed operation is
   * the result. An abort stops the waiting, not the operation.
   */
  wait(path: string, options?: CallOptions & { readonly keepFailed?: boolean }): Promise<Operation>;
  /**
   * Waits for the end of an operation and tells its metadata each time they have changed. Rejects with `IncusApiError` where it failed, or
   * where nothing has changed for `silenceMs`. An abort, or the silence, asks the server to end it and waits for no more.
   */
  follow(path: string, options: FollowOptions): Promise<void>;
  /** Those that have not ended. */
  list(options?: CallOptions): Promise<readonly Operation[]>;
  /** Waits for the operation behind an answer; one that has none is done. */
  finish(response: IncusResponse, options?: CallOptions): Promise<Operation | undefined>;
}

/** An operation's path may carry a query, as in a cluster: what is added belongs before it. */
export function operationPath(path: string, suffix: string, query = ""): string {
  const [base, existing] = path.split("?");
  const all = [query, existing].filter(Boolean).join("&");
  return `${base}${suffix}${all === "" ? "" : `?${all}`}`;
}

const SUCCESS = 200;
const CANCEL_MS = 5000;
const ended: ReadonlySet<string> = new Set(["success", "failure", "cancelled"]);

export function createOperations(transport: IncusTransport): IncusOperations {
  const what = "the operation";
  const operations: IncusOperations = {
    async wait(path, { signal, keepFailed = false } = {}) {
      let operation: Operation;
      try {
        const { envelope } = await transport.request("GET", operationPath(path, "/wait"), {
          patient: true,
          signal,
        });
        operation = parseBody(operationSchema, envelope.metadata, what);
      } catch (error) {
        // up to Incus 6.0.4 a failed operation is answered as an error without the operation; it can be read for five more seconds
        if (!keepFailed || !(error instanceof IncusApiError)) throw error;
        const { envelope } = await transport.request("GET", path, { signal });
        operation = parseBody(operationSchema, envelope.metadata, what);
      }
      if (operation.status_code !== SUCCESS && !keepFailed)
        throw new IncusApiError(`operation ${operation.id}`, operation.status_code, operation.err);
      return operation;
    },

    async follow(path, { intervalMs, silenceMs, onMetadata, signal }) {
      let last = "";
      let lastChange = performance.now();
      try {
        await poll(
          async () => {
            const { envelope } = await transport.request("GET", path, { signal });
            const { id, status_code, err, metadata } = parseBody(operationSchema, envelope.metadata, what);
            if (status_code === SUCCESS) return true;
            if (err !== "") throw new IncusApiError(`operation ${id}`, status_code, err);
            const words = JSON.stringify(metadata);
            if (words !== last) {
              last = words;
              lastChange = performance.now();
              onMetadata(metadata ?? {});
            } else if (performance.now() - lastChange > silenceMs) {
              throw new IncusApiError(
                `operation ${id}`,
                status_code,
                `no progress for ${silenceMs / 1000} seconds`,
              );
            }
            return undefined;
          },
          { what, timeoutMs: Number.POSITIVE_INFINITY, intervalMs, signal },
        );
      } catch (error) {
        await transport.request("DELETE", path, { signal: AbortSignal.timeout(CANCEL_MS) }).catch(() => {});
        throw error;
      }
    },

    async list(options) {
      const { envelope } = await transport.request("GET", "/1.0/operations?recursion=1", options);
      const byStatus = parseBody(
        v.record(v.string(), v.array(operationSchema)),
        envelope.metadata,
        "the list of operations",
      );
      return Object.entries(byStatus).flatMap(([status, some]) => (ended.has(status) ? [] : some));
    },

    async finish({ envelope }, options) {
      if (envelope.operation === undefined || envelope.operation === "") return undefined;
      return await operations.wait(envelope.operation, options);
    },
  };
  return operations;
}
