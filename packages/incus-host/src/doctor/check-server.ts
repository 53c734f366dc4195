import { PixelsError } from "@pixels/core";
import { checkNetwork } from "./check-network.ts";
import { checkPool } from "./check-pool.ts";
import type { CheckId, Finding } from "./finding.ts";
import { holesOf } from "./known-holes.ts";
import { type CheckServerOptions, look, type ServerReport, unknown } from "./server-report.ts";

/** Those that ask the server, after the one whether it answers. */
const afterwards: readonly CheckId[] = [
  "version",
  "pool",
  "storage",
  "space",
  "network",
  "filters",
  "kernel",
  "image",
];

/** What the server itself can tell. Changes nothing. */
export async function checkServer(options: CheckServerOptions): Promise<ServerReport> {
  const { call, local, signal } = options;
  try {
    const server = await call((api) => api.server.get({ signal }));
    if (server.auth !== "trusted") return stop(notTrusted(), "the server does not let this user in");
    const { environment } = server;
    const ok: Finding = {
      id: "server",
      status: "ok",
      what: `Incus ${environment.server_version} answers and lets this user in`,
      checked: "GET /1.0",
    };
    const pool = await look(["pool", "storage", "space"], options, async () => ({
      findings: await checkPool(options),
      bridge: undefined,
    }));
    const network = await look(["network", "filters"], options, () =>
      checkNetwork(options, environment.firewall),
    );
    const image = await look(["image"], options, async () => ({
      findings: [await checkImage(options)],
      bridge: undefined,
    }));
    const findings = [
      ok,
      checkVersion(environment.server_version),
      ...pool.findings,
      ...network.findings,
      checkKernel(environment.kernel_features),
      ...image.findings,
    ];
    return { findings, bridge: network.bridge };
  } catch (error) {
    signal?.throwIfAborted();
    if (!PixelsError.is(error)) throw error;
    const failed: Finding = {
      id: "server",
      status: "problem",
      what: error.message,
      checked: "GET /1.0",
      mend:
        local && error.code === "BACKEND_UNAVAILABLE"
          ? "sudo pixels setup, which shows first what it would do"
          : (error.next ?? "look at the server's log"),
      code: error.code,
    };
    return stop(failed, "the server cannot be asked");
  }
}

/** The first check fails, and with it all that ask the server. */
function stop(failed: Finding, why: string): ServerReport {
  return { findings: [failed, ...afterwards.map((id) => unknown(id, why))], bridge: undefined };
}

function notTrusted(): Finding {
  return {
    id: "server",
    status: "problem",
    what: "the Incus server does not let this user in",
    checked: "GET /1.0",
    mend: "ask for access: docs/remote.md tells how",
    code: "BACKEND_UNAUTHORIZED",
  };
}

function checkVersion(version: string): Finding {
  const holes = holesOf(version);
  const finding = { id: "version", checked: `version ${version} against the list of known holes` } as const;
  if (holes.length === 0)
    return { ...finding, status: "ok", what: `Incus ${version} has no hole known here` };
  return {
    ...finding,
    status: "warning",
    what: `Incus ${version} as it was released has ${holes.join(", ")}`,
    mend: "update to Incus 7.0 or later, or see whether your distribution has mended this version; let nobody who is not trusted name images",
  };
}

/** By kernel feature: what is worse without it. */
const features: Readonly<Record<string, string>> = {
  idmapped_mounts: "a create rewrites the owner of every file, which takes seconds",
  unpriv_fscaps: "programs with capabilities, such as ping, do not work in sandboxes",
};

function checkKernel(there: Readonly<Record<string, string>>): Finding {
  const finding = { id: "kernel", checked: "the kernel features that the server says it has" } as const;
  const missing = Object.entries(features).filter(([feature]) => there[feature] !== "true");
  return missing.length === 0
    ? { ...finding, status: "ok", what: "the server's kernel has what sandboxes use" }
    : {
        ...finding,
        status: "warning",
        what: missing.map(([feature, worse]) => `without ${feature} ${worse}`).join("; "),
        mend: "update the server's kernel to 5.12 or later",
      };
}

async function checkImage({ call, image, imageServer, signal }: CheckServerOptions): Promise<Finding> {
  const finding = { id: "image", checked: `the server's names of images, for "${image}"` } as const;
  if (await call((api) => api.images.hasAlias(image, { signal })))
    return { ...finding, status: "ok", what: `the image "${image}" is on the server` };
  if (imageServer !== "none")
    return {
      ...finding,
      status: "ok",
      what: `the image "${image}" is not on the server; the first create has it downloaded`,
    };
  return {
    ...finding,
    status: "warning",
    what: `the image "${image}" of defaults.image is not on the server, and there is no image server`,
    mend: "build one and name it in defaults.image: pixels image build debian/12",
  };
}
