import { preparation } from "./preparation-requirements.ts";
import type { Requirement } from "./requirement.ts";
import { terminals } from "./terminal-requirements.ts";

const lifecycle = {
  "create:running-and-ready": {
    behaviour:
      "hands a new sandbox out when commands run in it and its boot no longer undoes what they write",
  },
  "create:duplicate": {
    behaviour: "refuses a name that is taken with SANDBOX_ALREADY_EXISTS and leaves its holder alone",
  },
  "create:image-missing": {
    behaviour: "refuses an unknown image with IMAGE_NOT_FOUND and leaves nothing behind",
  },
  "create:limits-visible": { behaviour: "tells the limits that a sandbox was created with" },
  "create:disk-limit": {
    behaviour: "tells the disk limit that a sandbox was created with",
    needs: "diskQuota",
  },
  "create:cpu-set": { behaviour: "tells the cores that a sandbox was pinned to", needs: "cpuSet" },
  "create:labels": {
    behaviour: "tells the labels that a sandbox was created with, however odd their values",
  },
  "get:missing": { behaviour: "answers for a name that nobody has with SANDBOX_NOT_FOUND" },
  "list:sorted-with-addresses": {
    behaviour: "lists sandboxes by name, with the addresses of those that run",
  },
  "list:labels": { behaviour: "lists only what carries all the labels asked for" },
  "stop:idempotent": { behaviour: "stops a sandbox, also one that is stopped" },
  "stop:ends-processes": { behaviour: "ends every process of a sandbox that it stops" },
  "start:idempotent-and-ready": {
    behaviour: "starts a sandbox, also one that runs, and commands run in it right after",
  },
  "start:keeps-files-and-id": {
    behaviour: "keeps a sandbox's files, id, labels and limits over stop and start",
  },
  "destroy:idempotent": { behaviour: "destroys a sandbox, running, stopped or missing" },
  "destroy:new-id": {
    behaviour: "gives a sandbox that is created again another id, and none of the files of the first",
  },
  "dispose:destroys": { behaviour: "destroys an owned sandbox when its scope ends" },
  "dispose:own-only": {
    behaviour: "leaves a sandbox alone that was created under the name of an owned one that is gone",
  },
  "release:lives-on": { behaviour: "leaves a released sandbox alone when its scope ends" },
  "usage:while-it-runs": {
    behaviour: "tells what a sandbox uses while it runs, and of a stopped one nothing that runs",
  },
  "update:labels-and-limits": {
    behaviour: "merges labels, removes those that are null, changes limits, keeps what is not named",
  },
  "update:lift-limits": {
    behaviour: "lifts the limits that are null, and tells none of them from then on",
  },
  "update:disk-limit": {
    behaviour: "gives a sandbox that runs a larger disk, and one without limit",
    needs: "diskQuota",
  },
  "update:disk-below-use": {
    behaviour:
      "refuses a disk smaller than what is on it with CAPACITY_EXHAUSTED, and files can be written after",
    needs: "diskQuota",
  },
  "update:if-revision": {
    behaviour: "refuses a change from a stale revision with CONFLICT",
    needs: "compareAndSet",
  },
} as const satisfies Record<string, Requirement>;

const exec = {
  "exec:argv-verbatim": { behaviour: "hands arguments over exactly as given, whatever they are made of" },
  "exec:longest-argument": { behaviour: "hands over an argument as long as Linux takes, and as many" },
  "exec:argument-too-long": {
    behaviour: "refuses longer arguments, or too many, with ARGUMENT_TOO_LONG before it asks a server",
  },
  "exec:nul-refused": {
    behaviour: "refuses what no program can receive with INVALID_ARGUMENT before it asks a server",
  },
  "exec:exit-codes": { behaviour: "resolves with the exit code of the command, also when it is not zero" },
  "exec:signal-exit": {
    behaviour: "counts an end by signal n as exit code 128+n, and adds nothing to the output",
  },
  "exec:program-missing": { behaviour: "counts a missing program as exit code 127" },
  "exec:program-not-executable": { behaviour: "counts a program that cannot be executed as exit code 126" },
  "exec:streams-apart": { behaviour: "keeps stdout and stderr apart" },
  "exec:binary-output": { behaviour: "hands every byte value over unchanged, in both directions" },
  "exec:stdin-string": { behaviour: "lets a command read a text, and then the end of its input" },
  "exec:stdin-large": { behaviour: "lets a command read megabytes" },
  "exec:stdin-iterable": { behaviour: "lets a command read what comes piece by piece" },
  "exec:stdin-default-empty": {
    behaviour: "lets a command read the end of its input at once where none is given",
  },
  "exec:stdin-unread": { behaviour: "does not wait for a command to read input that it does not want" },
  "exec:output-limit": { behaviour: "keeps output up to a limit, and counts exactly what it drops" },
  "exec:large-output": { behaviour: "hands megabytes of output over whole" },
  "exec:cwd": { behaviour: "runs a command in the directory asked for, however odd its name" },
  "exec:cwd-missing": { behaviour: "answers a missing directory with WORKING_DIRECTORY_NOT_FOUND" },
  "exec:env": { behaviour: "hands variables over exactly as given, whatever their names and values" },
  "exec:login-environment": {
    behaviour: "gives a command the environment and the directory of a login, and nothing of the caller's",
  },
  "exec:background-child": {
    behaviour: "does not wait for what a command leaves running, and lets it live on",
  },
  "exec:concurrent": { behaviour: "runs twenty commands at once without mixing them up" },
  "exec:on-stopped": { behaviour: "refuses to run a command in a stopped sandbox with SANDBOX_NOT_RUNNING" },
} as const satisfies Record<string, Requirement>;

const process = {
  "process:kill-int": { behaviour: "sends a signal to every process of a command, which may handle it" },
  "process:kill-default-kills-all": {
    behaviour: "kills every process of a command unless another signal is named",
  },
  "process:dispose-kills": { behaviour: "kills a command that still runs when its scope ends" },
  "process:wait-twice": { behaviour: "tells how a command ended as often as it is asked" },
  "process:output-once": {
    behaviour: "lets the output of a command be read once, and refuses a second reader",
  },
  "process:write-as-it-runs": {
    behaviour: "lets a caller talk to a command: write, read the answer, write again",
  },
  "process:slow-reader": { behaviour: "loses nothing when the output is read slowly" },
  "process:reader-stops-early": {
    behaviour: "still tells how a command ended when its reader has had enough",
  },
} as const satisfies Record<string, Requirement>;

const cancellation = {
  "cancellation:already-aborted": {
    behaviour: "does nothing when the signal is aborted already, and rejects with its reason untouched",
  },
  "cancellation:exec-kills-descendants": {
    behaviour: "leaves no descendant of an aborted command, wherever it hides",
  },
  "cancellation:timeout-kills-descendants": {
    behaviour: "leaves no descendant of a command whose time is up, wherever it hides",
  },
  "cancellation:timeout-carries-output": {
    behaviour: "tells with TIMEOUT what the command had written until then",
  },
  "cancellation:create-leaves-nothing": {
    behaviour: "leaves nothing of a create that is aborted, at whatever moment",
  },
  "cancellation:no-listener-left": { behaviour: "leaves no listener on a signal that was never aborted" },
} as const satisfies Record<string, Requirement>;

const errors = {
  "errors:bad-names": { behaviour: "refuses what is no name of a sandbox with INVALID_ARGUMENT" },
  "errors:living-create": {
    behaviour:
      "leaves a create that lives, and what was created, alone when it lists or collects what is abandoned",
  },
} as const satisfies Record<string, Requirement>;

const files = {
  "files:round-trip": {
    behaviour: "writes and reads files of every byte, empty ones, and text",
    needs: "files",
  },
  "files:odd-names": { behaviour: "takes file names as they are, whatever they are made of", needs: "files" },
  "files:read-range": { behaviour: "reads any part of a file", needs: "files" },
  "files:read-made-up": { behaviour: "reads what the system makes up as it is read", needs: "files" },
  "files:large": { behaviour: "writes and reads megabytes piece by piece", needs: "files" },
  "files:missing": {
    behaviour: "answers for a path where nothing is with FILE_NOT_FOUND, and removes it all the same",
    needs: "files",
  },
  "files:wrong-kind": {
    behaviour: "refuses what is of the wrong kind with FILE_REFUSED and leaves it as it is",
    needs: "files",
  },
  "files:bad-paths": {
    behaviour:
      "refuses what is no absolute path, mode or range with INVALID_ARGUMENT before it asks a server",
  },
  "files:write-attributes": {
    behaviour: "gives a new file the mode and owner asked for, and keeps those of a file that it replaces",
    needs: "files",
  },
  "files:write-whole": { behaviour: "shows a reader the old file or the whole new one", needs: "files" },
  "files:write-broken-off": {
    behaviour: "leaves the old file, and nothing beside it, where a write fails or is aborted",
    needs: "files",
  },
  "files:list": { behaviour: "lists a directory by name, with what each entry is", needs: "files" },
  "files:symlinks": {
    behaviour: "makes and reads symlinks, reads through them and replaces them",
    needs: "files",
  },
  "files:mkdir": {
    behaviour: "makes a directory with its parents, and leaves one that is there",
    needs: "files",
  },
  "files:rename-and-chmod": { behaviour: "moves a file over another, and changes its mode", needs: "files" },
  "files:remove-tree": {
    behaviour: "removes a directory with all that is in it, and nothing that a symlink leads to",
    needs: "files",
  },
  "files:stream-given-up": {
    behaviour: "lets a reader stop early, or abort, and reads on for the next",
    needs: "files",
  },
  "files:concurrent": { behaviour: "writes and reads forty files at once", needs: "files" },
  "files:on-stopped": { behaviour: "reads and writes the files of a stopped sandbox", needs: "files" },
} as const satisfies Record<string, Requirement>;

const optional = {
  "egress:set": { behaviour: "tells the egress policy that was set", needs: "egress" },
  "events:watch": {
    behaviour: "tells when it begins to watch, and of each change from then on",
    needs: "events",
  },
} as const satisfies Record<string, Requirement>;

const snapshots = {
  "snapshots:create-list-delete": {
    behaviour:
      "takes snapshots of a sandbox that runs or is stopped, lists them oldest first, and deletes them",
    needs: "snapshots",
  },
  "snapshots:duplicate": {
    behaviour: "refuses a snapshot's name that is taken with SNAPSHOT_ALREADY_EXISTS, and keeps the old one",
    needs: "snapshots",
  },
  "snapshots:missing": {
    behaviour:
      "answers for a snapshot that is not there with SNAPSHOT_NOT_FOUND, and then leaves the sandbox as it is",
    needs: "snapshots",
  },
  "snapshots:of-missing-sandbox": {
    behaviour: "answers for the snapshots of a sandbox that is not there with SANDBOX_NOT_FOUND",
    needs: "snapshots",
  },
  "snapshots:restore": {
    behaviour: "brings files back as they were at a snapshot: what is new is gone, what is gone is back",
    needs: "snapshots",
  },
  "snapshots:restore-keeps-today": {
    behaviour: "keeps id, labels and limits of today, and the snapshots, when it restores an older state",
    needs: "snapshots",
  },
  "snapshots:restore-restarts": {
    behaviour:
      "ends every process of a sandbox that it restores, starts it again where it ran, and leaves a stopped one stopped",
    needs: "snapshots",
  },
  "snapshots:restore-any": {
    behaviour: "restores any of three snapshots, in any order, and loses none of them",
    needs: "restoreAny",
  },
  "snapshots:restore-aborted": {
    behaviour:
      "leaves a sandbox that can be used, with labels and limits of today, when a restore is aborted",
    needs: "snapshots",
  },
} as const satisfies Record<string, Requirement>;

const clones = {
  "clone:from-sandbox": {
    behaviour: "makes a sandbox from the present state of another, which runs on meanwhile",
    needs: "clone",
  },
  "clone:from-snapshot": {
    behaviour: "makes a sandbox from a snapshot of another, which keeps what it has written since",
    needs: "clone",
  },
  "clone:own-identity": {
    behaviour: "gives a clone an id and addresses of its own, and none of its source's snapshots",
    needs: "clone",
  },
  "clone:inherits": {
    behaviour:
      "gives a clone the limits, account and image of its source as they are today, and none of its labels",
    needs: "clone",
  },
  "clone:overrides": {
    behaviour: "gives a clone the limits and labels that it was asked for instead",
    needs: "clone",
  },
  "clone:outlives-source": {
    behaviour: "keeps a clone when its source, or the snapshot that it was made from, is removed",
    needs: "clone",
  },
  "clone:source-missing": {
    behaviour:
      "refuses a source that is not there with SANDBOX_NOT_FOUND or SNAPSHOT_NOT_FOUND, and leaves nothing behind",
    needs: "clone",
  },
  "clone:aborted": {
    behaviour:
      "leaves nothing of a clone whose creation is aborted, at whatever moment, and its source as it was",
    needs: "clone",
  },
} as const satisfies Record<string, Requirement>;

const jobs = {
  "jobs:output-and-status": {
    behaviour:
      "keeps what a job writes and its exit code, also when it is not zero, by signal or for want of a program",
    needs: "jobs",
  },
  "jobs:as-exec": {
    behaviour:
      "starts a job as it runs a command: arguments, variables, directory, account, and what is refused",
    needs: "jobs",
  },
  "jobs:read-waits": {
    behaviour: "waits for what a job writes, or for its end, and gives the same from the same cursor again",
    needs: "jobs",
  },
  "jobs:output-in-parts": {
    behaviour: "hands out megabytes of a job's output, of every byte, in parts of the size asked for",
    needs: "jobs",
  },
  "jobs:streams-opened-anew": {
    behaviour: "keeps what a job writes to its streams after it has opened them by their names",
    needs: "jobs",
  },
  "jobs:stdin": {
    behaviour: "lets a job read what is written to it and then the end, or the end at once",
    needs: "jobs",
  },
  "jobs:signal": {
    behaviour: "sends a signal to every process of a job, which may handle it, and leaves none by KILL",
    needs: "jobs",
  },
  "jobs:leaves-no-process": {
    behaviour: "ends what a job has left running, wherever it hides, when the job ends",
    needs: "jobs",
  },
  "jobs:list": {
    behaviour: "lists jobs, the oldest first, and answers for what is none with JOB_NOT_FOUND",
    needs: "jobs",
  },
  "jobs:many": { behaviour: "runs fifty jobs at once without mixing them up", needs: "jobs" },
  "jobs:start-aborted": {
    behaviour: "leaves nothing of a job whose start is aborted, at whatever moment",
    needs: "jobs",
  },
  "jobs:outlive-a-stop": {
    behaviour: "keeps output and exit codes over stop and start, and tells of none that it still runs",
    needs: "jobs",
  },
} as const satisfies Record<string, Requirement>;

/** Every rule that a backend keeps. */
export const requirements = {
  ...lifecycle,
  ...exec,
  ...process,
  ...terminals,
  ...cancellation,
  ...errors,
  ...snapshots,
  ...clones,
  ...preparation,
  ...files,
  ...jobs,
  ...optional,
} as const;

export type RequirementId = keyof typeof requirements;
