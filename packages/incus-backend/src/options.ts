/** Where the daemon is and what sandboxes on it use; the `[incus]` and `[defaults]` keys of the configuration in camelCase. */
export interface IncusBackendOptions {
  /** Path of the daemon's unix socket. Default: `$INCUS_SOCKET`, `$INCUS_DIR/unix.socket`, then the usual places. */
  readonly socket?: string;
  /** Storage pool of new sandboxes. Default: the default profile's. */
  readonly pool?: string;
  /** Managed bridge that new sandboxes are on. Default: the default profile's, else the only one there is. */
  readonly network?: string;
  /** Where `socket` is looked up. Default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
