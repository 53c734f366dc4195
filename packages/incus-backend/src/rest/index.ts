export { type IncusApi, type IncusApiOptions, openIncusApi } from "./api.ts";
export { IncusApiError, IncusConnectionError } from "./errors.ts";
export type { Image, ImageAlias, IncusImages, PullOptions, RemoteImage, SplitImage } from "./images.ts";
export type { CreateNetworkBody, IncusNetworks, Network, NetworkLease } from "./networks.ts";
export type { IncusProfiles, Profile, ProfileBody } from "./profiles.ts";
export type { CreateStoragePoolBody, IncusStoragePools, StoragePool } from "./storage-pools.ts";
export type { RemoteServer } from "./tls-endpoint.ts";
export type { IncusTransport, RequestOptions, TransportOptions } from "./transport.ts";
