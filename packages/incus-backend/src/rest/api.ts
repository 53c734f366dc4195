import { createImages, type IncusImages } from "./images.ts";
import { unixEndpoint } from "./endpoint.ts";
import { createEvents, type IncusEvents } from "./events.ts";
import { createInstanceExec, type IncusInstanceExec } from "./instance-exec.ts";
import { createInstanceSftp, type IncusInstanceSftp } from "./instance-sftp.ts";
import { createInstanceState, type IncusInstanceState } from "./instance-state.ts";
import { createInstances, type IncusInstances } from "./instances.ts";
import { createNetworks, type IncusNetworks } from "./networks.ts";
import { createOperations, type IncusOperations } from "./operations.ts";
import { createProfiles, type IncusProfiles } from "./profiles.ts";
import { createServer, type IncusServer } from "./server.ts";
import { createProjects, type IncusProjects } from "./projects.ts";
import { createSnapshots, type IncusSnapshots } from "./snapshots.ts";
import { createStoragePools, type IncusStoragePools } from "./storage-pools.ts";
import { type RemoteServer, tlsEndpoint } from "./tls-endpoint.ts";
import { createTransport, type IncusTransport, type TransportOptions } from "./transport.ts";

/** The daemon's REST API, a property a resource. Knows nothing of sandboxes. */
export interface IncusApi extends AsyncDisposable {
  readonly transport: IncusTransport;
  readonly operations: IncusOperations;
  readonly events: IncusEvents;
  readonly server: IncusServer;
  readonly instances: IncusInstances;
  readonly instanceState: IncusInstanceState;
  readonly instanceExec: IncusInstanceExec;
  readonly snapshots: IncusSnapshots;
  readonly instanceSftp: IncusInstanceSftp;
  readonly networks: IncusNetworks;
  readonly profiles: IncusProfiles;
  readonly projects: IncusProjects;
  readonly storagePools: IncusStoragePools;
  readonly images: IncusImages;
}

/** Which daemon, and how it is talked to. */
export type IncusApiOptions = TransportOptions &
  (
    | {
        /** Path of the daemon's unix socket, or what finds it at the first request. */
        readonly socketPath: string | (() => string);
      }
    | {
        /** What works out a server to reach over TLS, at the first request. */
        readonly remote: () => RemoteServer;
      }
  );

/** Makes no request; a daemon that is not there shows at the first one. */
export function openIncusApi(options: IncusApiOptions): IncusApi {
  const endpoint = "remote" in options ? tlsEndpoint(options.remote) : unixEndpoint(options.socketPath);
  const transport = createTransport(endpoint, options);
  const operations = createOperations(transport);
  return {
    transport,
    operations,
    events: createEvents(transport),
    server: createServer(transport),
    instances: createInstances(transport, operations),
    instanceState: createInstanceState(transport, operations),
    instanceExec: createInstanceExec(transport),
    snapshots: createSnapshots(transport, operations),
    instanceSftp: createInstanceSftp(transport),
    networks: createNetworks(transport),
    profiles: createProfiles(transport),
    projects: createProjects(transport),
    storagePools: createStoragePools(transport),
    images: createImages(transport, operations),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
    },
  };
}
