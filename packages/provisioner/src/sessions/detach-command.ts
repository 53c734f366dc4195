import { type CallOptions, PixelsError, type Sandbox } from "@pixels/core";
import { statIfThere } from "../files-there.ts";

/** Where shells of every account find it. */
const PATH = "/usr/local/bin/detach";

const script = `#!/bin/sh
# leaves a persistent session of a sandbox, which goes on; written by pixels
if [ -n "\${ZMX_SESSION-}" ]; then exec zmx detach; fi
if [ -n "\${TMUX-}" ]; then exec tmux detach-client -E true; fi
echo "detach: this shell is in no persistent session" >&2
exit 1
`;

/** Gives a sandbox the command `detach`, where it has none. Without it there is still a key: a file that cannot be written is left alone. */
export async function installDetachCommand(
  { files }: Pick<Sandbox, "files">,
  { signal }: CallOptions,
): Promise<void> {
  try {
    if ((await statIfThere(files, PATH, { signal })) !== undefined) return;
    await files.write(PATH, script, { mode: 0o755, owner: { uid: 0, gid: 0 }, signal });
  } catch (error) {
    if (!PixelsError.is(error) || error.code !== "FILE_REFUSED") throw error;
  }
}
