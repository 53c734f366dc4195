import type { Requirement } from "./requirement.ts";

/** What a command on a terminal can rely on. */
export const terminals = {
  "terminal:is-one": {
    behaviour:
      "gives a command a terminal of the size asked for: its stdin, stdout and stderr, /dev/tty, and its own",
    needs: "terminal",
  },
  "terminal:bad-size": {
    behaviour: "refuses a size that no terminal has with INVALID_ARGUMENT before it asks a server",
  },
  "terminal:resize": {
    behaviour: "tells a program when its terminal is resized, and how large it is then",
    needs: "terminal",
  },
  "terminal:keys": {
    behaviour: "takes the keys that interrupt, quit and end the input for what they are",
    needs: "terminal",
  },
  "terminal:job-control": {
    behaviour: "lets a shell stop a command by a key and bring it back",
    needs: "terminal",
  },
  "terminal:echo": {
    behaviour: "shows a command's input as a terminal does, and ends it when it is closed",
    needs: "terminal",
  },
  "terminal:large-input": {
    behaviour: "lets a program that reads keys read any byte, and a lot of them",
    needs: "terminal",
  },
  "terminal:slow-reader": {
    behaviour: "loses nothing of a terminal's output when it is read slowly",
    needs: "terminal",
  },
  "terminal:exit-codes": {
    behaviour: "resolves with the exit code of a command on a terminal as of any other",
    needs: "terminal",
  },
  "terminal:environment": {
    behaviour: "hands any arguments and variables over to a command on a terminal, and shows none of them",
    needs: "terminal",
  },
  "terminal:type": {
    behaviour:
      "gives a terminal the TERM asked for, and one that the sandbox knows where it does not know that",
    needs: "terminal",
  },
  "terminal:cwd-missing": {
    behaviour: "answers a missing directory with WORKING_DIRECTORY_NOT_FOUND on a terminal too",
    needs: "terminal",
  },
  "terminal:abort-kills-descendants": {
    behaviour: "leaves no descendant of a command on a terminal that is aborted, timed out or disposed",
    needs: "terminal",
  },
} as const satisfies Record<string, Requirement>;
