import { quoteForShell } from "@pixels/core/backend";
import { TMUX_LIST_FORMAT, tmuxSettings, tmuxShellScript } from "./tmux.ts";

/**
 * The same for every call of ours, whatever the account has in its environment: else each would see other sessions, and a call from within a
 * session would switch that one's terminal. zmx looks in XDG_RUNTIME_DIR otherwise, which a login has and a command has not.
 */
const common = `
unset TMUX TMUX_PANE TMUX_TMPDIR ZMX_SESSION ZMX_SESSION_PREFIX
export ZMX_DIR="/tmp/zmx-$(id -u)"
has() { command -v "$1" >/dev/null 2>&1; }
t() { tmux -u -L pixels "$@"; }
`;

const settings = tmuxSettings.map((words) => words.map(quoteForShell).join(" ")).join(String.raw` \; `);

/**
 * $1 the session's name, $2 its name in tmux, $3 columns, $4 rows, $5 names of variables that the session is to have from this environment. Makes
 * the session where it is not there, and says what keeps it: "tmux", "zmx" or "none". What keeps it is left running when this ends. Variables of the
 * script's own begin with px_, so that it changes none of those.
 */
export const ensureScript = `${common}
alive() { [ "$(t display-message -p -t "=$1:" '#{pane_dead}#{@pixels_exit}' 2>/dev/null)" = 0 ]; }
listed() {
  case "
$(zmx list 2>/dev/null)" in *"
name=$1\t"*) return 0 ;; esac
  return 1
}
# one that tmux keeps goes on, though zmx may have been installed meanwhile
if has tmux && alive "$2"; then echo tmux; exit 0; fi
if has zmx; then
  # without a terminal it makes the session and detaches at once
  listed "$1" || px_said=$(zmx attach "$1" </dev/null 2>&1)
  if listed "$1"; then echo zmx; exit 0; fi
  has tmux || { printf 'zmx makes no session: %s\\n' "\${px_said-}" >&2; exit 1; }
fi
if ! has tmux; then echo none; exit 0; fi
px_term=screen-256color
for px_dir in "$HOME/.terminfo" /etc/terminfo /lib/terminfo /usr/share/terminfo /usr/lib/terminfo; do
  [ ! -e "$px_dir/t/tmux-256color" ] || px_term=tmux-256color
done
# the server lives as long as any session: what this one is to have is no other's
px_without=
for px_variable in $5; do px_without="$px_without -u $px_variable"; done
env $px_without tmux -u -L pixels -f /dev/null start-server \\; ${settings} \\; \\
  set -s default-terminal $px_term \\; set -g default-shell "$SHELL" \\; set -g update-environment "$5" || exit 1
# one that has ended makes room
t if-shell -F -t "=$2:" '#{||:#{pane_dead},#{!=:#{@pixels_exit},}}' "kill-session -t '=$2'" 2>/dev/null
t new-session -d -s "$2" -x "$3" -y "$4" -c "$HOME" sh -c ${quoteForShell(tmuxShellScript)} \\; \\
  set -p remain-on-exit on || alive "$2" || exit 1
t set -s exit-empty on
echo tmux
`;

/** $1 what keeps it, $2 the session's name there. */
export const attachScript = `${common}
case $1 in
zmx) exec zmx attach "$2" ;;
*) exec tmux -u -L pixels attach-session -t "=$2" ;;
esac
`;

/** A line a session, after what keeps it. Without any, or without what could keep one, none. */
export const listScript = `${common}
has zmx && zmx list 2>/dev/null | while IFS= read -r line; do printf 'zmx %s\\n' "$line"; done
has tmux && t list-sessions -F ${quoteForShell(`tmux ${TMUX_LIST_FORMAT}`)} 2>/dev/null
exit 0
`;
