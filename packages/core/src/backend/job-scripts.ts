import { beginLauncher, findCgroup, killAll, openPipe, tell } from "./launcher-scripts.ts";

/*
 * Jobs inside a sandbox, in the same shell as the launcher. A job has a folder, for root alone:
 *
 *   job     one line of JSON that tells what it is; empty until the command is about to run
 *   run     the supervisor's process id and the moment it was started (proc(5): stat, field 22), by which it is known to live
 *   out err what the command has written
 *   whole   gone where some of that could not be kept
 *   closed  there once its stdin is closed
 *   status  its exit code, once it has ended and all of its output is there
 *   in      a pipe to its stdin; ctl, one to who holds that open; o and e, pipes from its output
 */

/** Where the folders are. */
const JOBS = "/var/lib/pixels/jobs";

const findJob = `
${findCgroup}
d=${JOBS}/$k
`;

/** How long what a job has left behind may hold its output up, in steps of 20 ms: a process that went to another cgroup may have it open. */
const DRAIN_STEPS = 100;
/** How long a job that has ended waits for room to write its status, in seconds. */
const STATUS_SECONDS = 3600;
/** Jobs that have ended are kept for so long, so many, and so large together; the latest in any case. */
const KEEP_MINUTES = 7 * 24 * 60;
const KEEP_JOBS = 1000;
const KEEP_KIB = 256 * 1024;

const clearOld = `
cd ${JOBS} && {
  find . -mindepth 2 -maxdepth 2 -name status -mmin +${KEEP_MINUTES} -exec sh -c 'for x; do rm -rf "\${x%/status}"; done' sh {} +
  for x in $(find . -mindepth 1 -maxdepth 1 -mmin +${KEEP_MINUTES}); do
    [ -e "$x/status" ] && continue
    read -r p at <"$x/run" && read -r line <"/proc/$p/stat" && set -- $line && [ "\${22}" = "$at" ] || rm -rf "$x"
  done
  set --
  for x in $(ls -t -- */status); do set -- "$@" "\${x%/status}"; done
  n=0 total=0
  [ $# = 0 ] || du -sk -- "$@" | while read -r size x; do
    n=$((n + 1)) total=$((total + size))
    [ $n -gt 1 ] || continue
    if [ $n -gt ${KEEP_JOBS} ] || [ $total -gt ${KEEP_KIB} ]; then rm -rf "$x"; fi
  done
}
`;

/**
 * $1 id, $2 uid, $3 gid, $4 the reader's script; the environment of a login. On 3 and 4 a pipe to the launcher, which passes one line on as its
 * own, and on 5 one with what comes by the launcher's stdin: its own streams, which root inside cannot open anew, would be held open by
 * the supervisor. In its own session, so that it outlives the launcher. It has the command as a child in the foreground, since a shell has
 * those in the background ignore INT and QUIT for good. Beside it are one process that holds the command's stdin open, and two that keep its
 * output: through pipes, as a program that opens its stderr anew would empty a file. Whatever ends it before the command has begun, it
 * leaves nothing.
 */
export const supervisorScript = `
k=$1 i=$2 g=$3 reader=$4
${tell}
${findJob}
# the other end of that pipe stays open here: what is told when the launcher is gone is told nobody, and kills nobody
exec 6<&3 3>&4 4>&-
h= r1= r2= begun=
finish() {
  [ -z "$begun" ] || return
  exec 2>/dev/null
  [ -z "$h" ] || kill -9 $h $r1 $r2
  ${killAll}
  rmdir "$c"
  rm -rf "$d"
  echo >&3
}
trap finish EXIT
trap : HUP INT QUIT TERM
umask 077
mkdir -p ${JOBS} && mkdir "$d" "$c" && mkfifo "$d/in" "$d/ctl" "$d/o" "$d/e" && : >"$d/whole" || exit
[ "$i" = 0 ] || chown "$i:$g" "$d/in" "$d/o" "$d/e" || exit
read -r line </proc/$$/stat
set -- $line
echo "$$ \${22}" >"$d/run"
keep() {
  trap '' HUP INT QUIT TERM
  exec 3>&- 5<&- 6<&- 2>/dev/null <"$1" >>"$2"
  cat || { rm -f "$d/whole"; exec cat >/dev/null; }
}
(
  trap '' HUP INT QUIT TERM
  exec 3>&- 6<&- 2>/dev/null 5<>"$d/in" 9<>"$d/ctl"
  read -r x <&9
  : >"$d/closed"
) &
h=$!
(keep "$d/o" "$d/out") &
r1=$!
(keep "$d/e" "$d/err") &
r2=$!
exec 2>/dev/null
(
  umask 022
  exec 4<"$d/in" 6>"$d/o" 7>"$d/e" 8>"$d/job" 9>"$d/ctl" <&5 2>&3 3>&- 5<&-
  echo 0 >"$c/cgroup.procs" || fail 'cannot enter a cgroup'
  if [ "$i" = 0 ]; then eval "$reader"; else exec setpriv --reuid "$i" --regid "$g" --init-groups -- sh -c "k=$k; $reader" pixels; fi
)
s=$?
[ -s "$d/job" ] || exit
begun=1
${killAll}
t=0
while :; do
  n=
  for p in $r1 $r2; do read -r x x state x <"/proc/$p/stat" && [ "$state" != Z ] && n=1; done
  [ -n "$n" ] || break
  t=$((t + 1))
  [ $t -lt 50 ] || sleep 0.02
  [ $t -lt ${50 + DRAIN_STEPS} ] || break
done
t=0
until echo $s >"$d/status"; do
  t=$((t + 1))
  [ $t -lt ${STATUS_SECONDS} ] || break
  sleep 1
done
kill -9 $h
rm -f "$d/in" "$d/ctl" "$d/o" "$d/e" "$ending"
t=0
until rmdir "$c" || [ ! -d "$c" ] || [ $t -gt 20 ]; do t=$((t + 1)); sleep 0.05; done
${clearOld}
`;

/**
 * $1 id, $2 account (empty: that of PIXELS_ACCOUNT, and root where there is none), $3 the supervisor's script, $4 the reader's. Lives until the
 * job has begun, or cannot begin.
 */
export const jobLauncherScript = `
${beginLauncher}
${openPipe}
exec 5<<.
.
exec 6>/proc/self/fd/5 7<&0
setsid -f sh -c "$3" pixels "$k" "$i" "$g" "$4" </dev/null >/dev/null 2>&4 6>&- 7<&- || fail 'cannot fork'
exec 4>&- 5<&-
cat <&7 >&6 2>/dev/null 3<&- &
exec 6>&- 7<&- </dev/null
read -r x <&3
[ -z "$x" ] || printf '%s\\n' "$x" >&2
`;

/**
 * What the reader runs before a command that is a job, in place of telling "ok" alone. `description` is one line, quoted for a shell. From there on
 * the streams are the job's.
 */
export function beginJob(description: string, { stdin }: { readonly stdin: "none" | "open" }): string {
  return [
    `printf '%s\\n' ${description} >&8`,
    "tell ok",
    stdin === "open" ? "exec <&4" : "echo >&9; exec </dev/null",
    "exec >&6 2>&7 4<&- 6>&- 7>&- 8>&- 9>&-",
  ].join("\n");
}

/** For the job in $d: $state (running, exited, lost) and $s, its exit code where it has exited. */
const readState = `
read_state() {
  state=lost s=
  if read -r p at <"$d/run" && read -r line <"/proc/$p/stat"; then
    set -- $line
    [ "\${22}" = "$at" ] && state=running
  fi
  read -r s <"$d/status" && state=exited
}
`;

/** $1 id, or nothing for all: a line for each with state, exit code and its JSON, and then the times of its files. */
export const listJobsScript = `
exec 2>/dev/null
${readState}
cd ${JOBS} || exit 0
export LC_ALL=C TZ=UTC
set -- "\${1:-*}"
for d in $1; do
  [ -s "$d/job" ] || continue
  read_state
  IFS= read -r line <"$d/job"
  printf '%s\\t%s\\t%s\\t%s\\n' "\${d##*/}" "$state" "$s" "$line"
done
echo
stat -c '%n %y' $1/job $1/status
exit 0
`;

/**
 * $1 id, $2 and $3 how many bytes of its stdout and stderr are known, $4 how long to wait for more, in hundredths of a second, $5 the most bytes of each. Its
 * own first line is the state, the exit code, and whether all was kept; what follows, and its stderr, is the job's.
 */
export const readJobScript = `
exec 4>&2 2>/dev/null
k=$1 out=$2 err=$3 wait=$4 most=$5
${findJob}
${readState}
[ -s "$d/job" ] || { echo gone; exit 0; }
uptime() { read -r now x </proc/uptime; now=$((\${now%.*} * 100 + 1\${now#*.} - 100)); }
more() {
  if [ "$out$err" = 00 ]; then [ -s "$d/out" ] || [ -s "$d/err" ]; return; fi
  set -- $(stat -c %s "$d/out" "$d/err")
  [ "$1" -gt $out ] || [ "$2" -gt $err ]
}
part() { if [ $2 = 0 ]; then head -c $most "$1"; else tail -c +$(($2 + 1)) "$1" | head -c $most; fi; }
t=0
uptime
end=$((now + wait))
while read_state; [ $state = running ] && ! more; do
  uptime
  [ $now -lt $end ] || break
  t=$((t + 1))
  if [ $t -gt 160 ]; then sleep 0.2; elif [ $t -gt 120 ]; then sleep 0.05; elif [ $t -gt 100 ]; then sleep 0.01; fi
done
whole=whole
[ -e "$d/whole" ] || whole=cut
echo "$state $s $whole"
[ ! -s "$d/out" ] || part "$d/out" $out
[ ! -s "$d/err" ] || part "$d/err" $err >&4
exit 0
`;

/** $1 id; stdin goes to the job's. Says what became of it. */
export const writeJobScript = `
exec 2>/dev/null
k=$1
${findJob}
[ -s "$d/job" ] || { echo gone; exit 0; }
[ ! -s "$d/status" ] || { echo ended; exit 0; }
[ ! -e "$d/closed" ] || { echo closed; exit 0; }
# opened both ways it waits for nobody, and then who writes alone is told when nobody reads any more
exec 3<>"$d/in" && exec 4>"$d/in" || { echo ended; exit 0; }
exec 3<&-
cat >&4
echo written
`;

/** $1 id. */
export const closeJobScript = `
exec 2>/dev/null
k=$1
${findJob}
[ -s "$d/job" ] || { echo gone; exit 0; }
[ -s "$d/status" ] || [ -e "$d/closed" ] || echo 1<>"$d/ctl" >&1
echo closed
`;

/** A folder that is taken stops a supervisor that comes only now. Such a one removes it, and with the old ones it goes in any case. */
const takeFolder = `
umask 077
mkdir -p ${JOBS}
mkdir "$d"
`;

/**
 * $1 id. Ends with 0 where the job has begun, and with 3 where nothing of it is left and nothing will begin. What was to begin it has read all that
 * it needs, or the end of that, so that it is enough to wait.
 */
export const settleJobScript = `
exec 2>/dev/null
k=$1
${findJob}
[ ! -s "$d/job" ] || exit 0
if ${takeFolder} then exit 3; fi
r=0
while [ -d "$d" ]; do
  [ ! -s "$d/job" ] || exit 0
  r=$((r + 1))
  sleep 0.02
  [ $r -gt 250 ] || continue
  ${killAll}
  [ $r -lt 300 ] || rm -rf "$d"
done
exit 3
`;

/** $1 id. Ends the job, begun or not, and removes it. */
export const removeJobScript = `
exec 2>/dev/null
k=$1
${findJob}
if ${takeFolder} then exit 0; fi
r=0
while [ -d "$d" ] && [ ! -s "$d/status" ] && [ $r -lt 100 ]; do
  ${killAll}
  r=$((r + 1))
  sleep 0.02
done
rm -rf "$d"
[ ! -d "$c" ] || rmdir "$c"
exit 0
`;
