import { GroupCommand } from "../../group-command.ts";
import { Command, type CommandClass } from "clipanion";
import { CreateCheckpointCommand } from "./create.ts";
import { DeleteCheckpointCommand } from "./delete.ts";
import { ListCheckpointsCommand } from "./list.ts";
import { RestoreCheckpointCommand } from "./restore.ts";

/** `pixels checkpoint`: what can be done with checkpoints. */
class CheckpointCommand extends GroupCommand {
  static override paths = [["checkpoint"], ["cp"]];
  static override synopsis = "<command>";
  static override usage = Command.Usage({
    description: "Keep states of a sandbox's files, and go back to them",
    details: `
      A checkpoint is a state of all files of a sandbox. It takes a moment and hardly any room, also of a sandbox that runs. A new sandbox can be
      made from one: pixels create <name> --from <name>:<label>. Also called cp.
    `,
    examples: [
      ["Keep the present state", "pixels checkpoint create dev --label before-upgrade"],
      ["Go back to it", "pixels checkpoint restore dev before-upgrade"],
    ],
  });

  protected override readonly choices = ["create", "list", "restore", "delete"];
}

/** Every command that begins with `checkpoint`, the one for the word alone first. */
export const checkpointCommands: readonly CommandClass[] = [
  CheckpointCommand,
  CreateCheckpointCommand,
  ListCheckpointsCommand,
  RestoreCheckpointCommand,
  DeleteCheckpointCommand,
];
