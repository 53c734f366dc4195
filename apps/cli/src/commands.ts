import { CreateCommand } from "./commands/create.ts";
import { DestroyCommand } from "./commands/destroy.ts";
import { ExecCommand } from "./commands/exec.ts";
import { ListCommand } from "./commands/list.ts";
import { OverviewCommand } from "./commands/overview.ts";
import { StartCommand } from "./commands/start.ts";
import { StatusCommand } from "./commands/status.ts";
import { StopCommand } from "./commands/stop.ts";

/** Every command, in the order in which help tells them. */
export const commands = [
  CreateCommand,
  ListCommand,
  StatusCommand,
  ExecCommand,
  StartCommand,
  StopCommand,
  DestroyCommand,
  OverviewCommand,
] as const;
