/** The daemon answered a request, or ended an operation, with an error. `status` is its error code; the words are the server's. */
export class IncusApiError extends Error {
  readonly status: number;
  readonly serverMessage: string;

  constructor(request: string, status: number, serverMessage: string) {
    super(`${request}: ${status} ${serverMessage}`);
    this.name = "IncusApiError";
    this.status = status;
    this.serverMessage = serverMessage;
  }
}

/** No answer: the socket is missing, closed to us, or was cut. `errno` is the system's name for it, such as "ENOENT". */
export class IncusConnectionError extends Error {
  readonly errno: string;
  /** Host and port of a server that could not be reached over the network. */
  readonly address: string | undefined;

  constructor(request: string, errno: string, cause: unknown, address?: string) {
    super(`${request}: ${errno}`, { cause });
    this.name = "IncusConnectionError";
    this.errno = errno;
    this.address = address;
  }
}
