/** Where the daemon is and what sandboxes on it use; the `[incus]` and `[defaults]` keys of the configuration in camelCase. */
export interface IncusBackendOptions {
  /** Path of the daemon's unix socket. Default: `$INCUS_SOCKET`, `$INCUS_DIR/unix.socket`, then the usual places. */
  readonly socket?: string;
  /**
   * A server to reach over TLS instead: "https://host:8443", "host:8443" or "host"; the port is 8443 where none is given. With `clientCert` and
   * `clientKey`, and without `socket`.
   */
  readonly remote?: string;
  /** File with the client's certificate, which the server trusts (PEM). */
  readonly clientCert?: string;
  /** File with its private key (PEM). It must not be open to everybody. */
  readonly clientKey?: string;
  /**
   * File with the certificate that the server must show (PEM), as Incus servers mostly sign theirs themselves; no other is accepted then, and the
   * host's name is not looked at. Default: one that a public CA has signed for the host.
   */
  readonly serverCert?: string;
  /** The Incus project that sandboxes are in. Default: the server's default project. */
  readonly project?: string;
  /** Storage pool of new sandboxes. Default: the default profile's. */
  readonly pool?: string;
  /** Managed bridge that new sandboxes are on. Default: the default profile's, else the only one there is. */
  readonly network?: string;
  /**
   * Where an image is looked up whose name is no alias on the Incus server: a server that speaks simplestreams, which the Incus server, not
   * this process, downloads from. Default: "https://images.linuxcontainers.org"; "none" for none.
   */
  readonly imageServer?: string;
  /**
   * How many launchers wait in a sandbox that has just run a command, which makes the next one start several times as fast. They are closed
   * 15 s after the last command. Default 2; 0 for none, as for a program that runs one command and ends.
   */
  readonly spareLaunchers?: number;
  /** Where `socket` is looked up. Default: this process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
