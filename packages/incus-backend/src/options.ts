/** Where the daemon is and what sandboxes on it use; the `[incus]` and `[defaults]` keys of the configuration in camelCase. */
export interface IncusBackendOptions {
  /** Path of the daemon's unix socket. Default: `$INCUS_SOCKET`, `$INCUS_DIR/unix.socket`, then the usual places. */
  readonly socket?: string;
  /** Storage pool of new sandboxes. Default: the default profile's. */
  readonly pool?: string;
  /** Managed bridge that new sandboxes are on. Default: the default profile's, else the only one there is. */
  readonly network?: string;
  /**
   * How many launchers wait in a sandbox that has just run a command, which makes the next one start several times as fast. They are closed
   * 15 s after the last command. Default 2; 0 for none, as for a program that runs one command and ends.
   */
  readonly spareLaunchers?: number;
  /** Where `socket` is looked up. Default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
