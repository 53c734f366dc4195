import type { SessionName } from "./session-name.ts";

/**
 * `attached`: somebody looks at it. `detached`: it goes on by itself. `ended`: its shell has ended, and it is there to be asked about, until
 * another one of its name is opened or the sandbox stops. `unreachable`: what should keep it does not answer.
 */
export type SessionState = "attached" | "detached" | "ended" | "unreachable";

/** What keeps a session: it is the server of the terminal that the shell is on. */
export type SessionKeeper = "tmux" | "zmx";

/** A persistent session in a sandbox. */
export interface SessionInfo {
  readonly name: SessionName;
  readonly state: SessionState;
  /** How many terminals are attached to it. */
  readonly clients: number;
  /** Undefined where the keeper cannot be asked. */
  readonly createdAt: Date | undefined;
  /** Of one that has ended, where it is known; as a shell counts. */
  readonly exitCode: number | undefined;
  readonly keeper: SessionKeeper;
}
