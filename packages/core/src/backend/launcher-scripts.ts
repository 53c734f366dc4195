/*
 * The shell that runs inside a sandbox: POSIX sh, builtins wherever there is one, since an external program costs a millisecond or two.
 * It runs under dash (Debian, Ubuntu) and busybox. Cgroup v1 hosts mount a hierarchy of names at /sys/fs/cgroup/systemd; on v2
 * the tree itself is at /sys/fs/cgroup.
 */

const findCgroup = `
for b in /sys/fs/cgroup/systemd /sys/fs/cgroup; do [ -w "$b/cgroup.procs" ] && break; b=; done
c=$b/px.$k
`;

// `kill` and `read` are builtins: this works when the sandbox has no process left to fork
const killAll = `
[ -w "$c/cgroup.kill" ] && echo 1 >"$c/cgroup.kill"
t=0
while :; do
  n=
  while read -r p; do n=1; kill -9 "$p" 2>/dev/null; done <"$c/cgroup.procs"
  [ -n "$n" ] || break
  t=$((t + 1)); [ $t -lt 50 ] || sleep 0.05
done 2>/dev/null
`;

const fail = `fail() { printf 'pixels-launch-failure %s %s\\n' "$k" "$1" >&2; exit 125; }`;

/**
 * $1 id, $2 account, $3 the reader's script. Three processes: this shell, which stays as parent and passes the exit code on; the
 * command; and a guard, which holds the read end of a pipe whose only write end is this shell's. Killing this shell (which is what
 * the server does when the connection is lost) closes the pipe without an exit code, and the guard kills the command's cgroup; so it
 * does for a command that was killed (137). What any other command left running is moved to one cgroup for all and lives on.
 */
export const launcherScript = `
k=$1
${fail}
${findCgroup}
[ -n "$b" ] || fail 'no writable cgroup'
while IFS=: read -r u x i g x h l; do [ "$u" = "$2" ] && break; done </etc/passwd
[ "$u" = "$2" ] || fail account
export HOME="$h" USER="$u" LOGNAME="$u" SHELL="\${l:-/bin/sh}" LANG=C.UTF-8
unset container TERM
mkdir "$c" 2>/dev/null || fail 'cannot make a cgroup'
exec 3<<.
.
[ -p /proc/self/fd/3 ] || { rmdir "$c"; fail 'its sh keeps here-documents in files'; }
exec 4>/proc/self/fd/3
(
  exec 4>&- </dev/null >/dev/null 2>&1
  trap '' INT HUP QUIT TERM
  read -r x <&3
  case $x in
  '' | 137) ${killAll} ;;
  *)
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
  rmdir "$c"
) &
exec 3<&-
(
  exec 4>&-
  echo 0 >"$c/cgroup.procs" || fail 'cannot enter a cgroup'
  if [ "$i" = 0 ]; then eval "$3"; else exec setpriv --reuid "$i" --regid "$g" --init-groups -- sh -c "k=$k; $3" pixels; fi
)
s=$?
echo $s >&4
exit $s
`;

/**
 * $k is the id. Runs as the account, in the command's cgroup: reads the preamble, completes the environment of a login and becomes the command.
 * /etc/environment as pam_env reads it: NAME=value, an optional "export", optional quotes, comments.
 */
export const readerScript = `
${fail}
IFS= read -r n || exit 125
s=
while [ "$n" -gt 0 ]; do
  IFS= read -r l || exit 125
  s="$s$l
"
  n=$((n - 1))
done
if [ -r /etc/environment ]; then
  PATH=
  while IFS= read -r l || [ -n "$l" ]; do
    l=\${l#export }
    case $l in '#'* | [!A-Za-z_]*) continue ;; *=*) ;; *) continue ;; esac
    v=\${l#*=} l=\${l%%=*}
    case $l in *[!A-Za-z0-9_]*) continue ;; esac
    case $v in \\"*\\") v=\${v#?} v=\${v%?} ;; \\'*\\') v=\${v#?} v=\${v%?} ;; esac
    export "$l=$v"
  done </etc/environment
fi
export PATH="$HOME/.local/bin:$HOME/.local/share/mise/shims:\${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
unset l v n x u h b c g i OLDPWD
eval "unset s; $s"
`;

/** $1 id, $2 signal name without SIG. A command that has ended has no cgroup, which is as good as signalled. */
export const signalScript = `
k=$1
${findCgroup}
[ -d "$c" ] || exit 0
if [ "$2" = KILL ]; then
  ${killAll}
else
  while read -r p; do kill -"$2" "$p" 2>/dev/null; done <"$c/cgroup.procs"
fi
exit 0
`;
