/*
 * The shell that runs inside a sandbox: POSIX sh, builtins wherever there is one, since an external program costs a millisecond or two.
 * It runs under dash (Debian, Ubuntu) and busybox. Cgroup v1 hosts mount a hierarchy of names at /sys/fs/cgroup/systemd; on v2
 * the tree itself is at /sys/fs/cgroup.
 */

/** Sets $b, the folder of cgroups (empty: none), and for the id in $k: $c, its cgroup, and $ending, a mark. */
export const findCgroup = `
for b in /sys/fs/cgroup/systemd /sys/fs/cgroup; do [ -w "$b/cgroup.procs" ] && break; b=; done
c=$b/px.$k
ending=/run/px.$k.ending
`;

/** Ends all in the cgroup $c. `kill` and `read` are builtins: this works when the sandbox has no process left to fork. */
export const killAll = `
[ -w "$c/cgroup.kill" ] && echo 1 >"$c/cgroup.kill"
t=0
while :; do
  n=
  while read -r p; do n=1; kill -9 "$p" 2>/dev/null; done <"$c/cgroup.procs"
  [ -n "$n" ] || break
  t=$((t + 1)); [ $t -lt 50 ] || sleep 0.05
done 2>/dev/null
`;

/** The launcher's one line of its own, first on stderr: "ok" once the command is about to start, else what prevents it. */
export const tell = `
tell() { printf 'pixels-launch %s %s\\n' "$k" "$1" >&2; }
fail() { tell "$1"; exit 125; }
`;

/** Takes the account $a (empty: that of PIXELS_ACCOUNT, and root where there is none) as far as root can: its uid in $i, its gid in $g, a login's environment. */
const takeAccount = `
a=\${a:-\${PIXELS_ACCOUNT:-root}}
while IFS=: read -r u x i g x h l; do [ "$u" = "$a" ] && break; done </etc/passwd
[ "$u" = "$a" ] || fail "account $a"
export HOME="$h" USER="$u" LOGNAME="$u" SHELL="\${l:-/bin/sh}" LANG=C.UTF-8
unset container TERM PIXELS_ACCOUNT
`;

/** How every launcher begins: $1 is the id, and $2 the account. */
export const beginLauncher = `
k=$1
${tell}
${findCgroup}
[ -n "$b" ] || fail 'no writable cgroup'
a=$2
${takeAccount}
`;

/** Opens a pipe that this shell alone has, its read end on 3 and its write end on 4. */
export const openPipe = `
exec 3<<.
.
[ -p /proc/self/fd/3 ] || fail 'its sh keeps here-documents in files'
exec 4>/proc/self/fd/3
`;

/** What a launcher does besides, where its command has a terminal. */
export interface LauncherHooks {
  /** Once the account is known, before there is a guard or a cgroup. */
  readonly prepare: string;
  /** In the command's cgroup, before the reader takes its account. */
  readonly enter: string;
}

/**
 * $1 id, $2 account (empty: the one of PIXELS_ACCOUNT, and root where there is none), $3 the reader's script. Three processes: this shell, which stays as parent and passes the exit code on; the
 * command; and a guard, which holds the read end of a pipe whose only write end is this shell's. Killing this shell (which is what
 * the server does when the connection is lost) closes the pipe without an exit code, and the guard kills the command's cgroup; so it
 * does for a command that was killed (137), and two seconds later for one that was told to end. What any other command left running is
 * moved to one cgroup for all and lives on.
 */
export const makeLauncherScript = ({ prepare, enter }: LauncherHooks): string => `
${beginLauncher}
${prepare}
${openPipe}
# before there is a cgroup: whenever this shell is killed, there is somebody to remove it
(
  exec 4>&- </dev/null >/dev/null 2>&1
  trap '' INT HUP QUIT TERM
  read -r x <&3
  case $x in
  '' | 137)
    r=0
    while ${killAll} ! rmdir "$c" && [ -d "$c" ] && [ $r -lt 20 ]; do r=$((r + 1)); done
    ;;
  *)
    # told to end: what does not listen is killed, as its shell may have taught it to ignore the signal
    if [ -e "$ending" ]; then
      t=0
      while [ $t -lt 40 ] && read -r p <"$c/cgroup.procs"; do t=$((t + 1)); sleep 0.05; done
      ${killAll}
    fi
    while :; do
      n=
      while read -r p; do
        [ -n "$n" ] || { n=1; [ -d "$b/px.left" ] || mkdir "$b/px.left"; }
        echo "$p" >"$b/px.left/cgroup.procs"
      done <"$c/cgroup.procs"
      [ -n "$n" ] || break
    done
    ;;
  esac
  [ ! -e "$ending" ] || rm -f "$ending"
  [ ! -d "$c" ] || rmdir "$c"
) &
mkdir "$c" 2>/dev/null || fail 'cannot make a cgroup'
# this shell would tell of a command that was killed, in the midst of what the command wrote
exec 3<&- 5>&2 2>/dev/null
(
  exec 4>&- 2>&5 5>&-
  echo 0 >"$c/cgroup.procs" || fail 'cannot enter a cgroup'
  ${enter}
  if [ "$i" = 0 ]; then eval "$3"; else exec setpriv --reuid "$i" --regid "$g" --init-groups -- sh -c "k=$k; $3" pixels; fi
)
s=$?
echo $s >&4
exit $s
`;

/** That of a command without a terminal. */
export const launcherScript = makeLauncherScript({ prepare: "", enter: "" });

/**
 * POSIX sh that does this for each variable of /etc/environment, its name in $px_line and its value in $px_value, as pam_env reads it: NAME=value, an optional
 * "export", optional quotes, comments. Names that begin with px_ are left out, so that none in that file can be one of the reading shell's own.
 */
export function forEachVariable(action: string): string {
  return `while IFS= read -r px_line || [ -n "$px_line" ]; do
  px_line=\${px_line#export }
  case $px_line in '#'* | px_* | [!A-Za-z_]*) continue ;; *=*) ;; *) continue ;; esac
  px_value=\${px_line#*=} px_line=\${px_line%%=*}
  case $px_line in *[!A-Za-z0-9_]*) continue ;; esac
  case $px_value in
  \\"*\\" | \\'*\\') px_value=\${px_value#?} px_value=\${px_value%?} ;;
  esac
  ${action}
done </etc/environment`;
}

/**
 * $k is the id. Runs as the account, in the command's cgroup: reads the preamble, completes the environment of a login and becomes the command.
 * /etc/environment as pam_env reads it: NAME=value, an optional "export", optional quotes, comments. Its own variables begin with px_, so
 * that no name in that file can be one of them.
 */
export const readerScript = `
px_id=$k
tell() { printf 'pixels-launch %s %s\\n' "$px_id" "$1" >&2; }
fail() { tell "$1"; exit 125; }
IFS= read -r px_count || exit 125
px_script=
case $px_count in
b*)
  px_script=$(dd "bs=\${px_count#b}" count=1 iflag=fullblock 2>/dev/null)
  case $px_script in *'
#end') ;; *) exit 125 ;; esac
  ;;
*)
  while [ "$px_count" -gt 0 ]; do
    IFS= read -r px_line || exit 125
    px_script="$px_script$px_line
"
    px_count=$((px_count - 1))
  done
  ;;
esac
if [ -r /etc/environment ]; then
  PATH=
  ${forEachVariable('export "$px_line=$px_value"')}
fi
export PATH="$HOME/.local/bin:$HOME/.local/share/mise/shims:\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
eval "$px_script"
`;

/** $1 id, $2 signal name without SIG. A command that has ended has no cgroup, which is as good as signalled. */
export const signalScript = `
k=$1
${findCgroup}
[ -d "$c" ] || exit 0
if [ "$2" = KILL ]; then
  ${killAll}
else
  case $2 in HUP | INT | QUIT | TERM) : >"$ending" ;; esac
  while read -r p; do kill -"$2" "$p" 2>/dev/null; done <"$c/cgroup.procs"
fi
exit 0
`;
