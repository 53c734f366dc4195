/**
 * The shell scripts that a private daemon consists of. They are constants: what varies comes as positional parameters.
 *
 * Three processes, one inside the other:
 * 1. `launchScript` makes the run's own cgroups and turns into `unshare`, so the owner's child is the outer end.
 * 2. `initScript` is PID 1 of a new pid namespace, still in the host's network: uplink, link to the host, the end of all.
 * 3. `daemonScript` has mounts and a network of its own and turns into incusd.
 *
 * What they say on stdout is a protocol, one `key value` a line, read by `private-incus.ts`.
 */

/**
 * Removes what the kernel keeps of a dead run: empty cgroup folders, sometimes a network link. A living run holds a lock
 * on its first cgroup folder; the kernel frees it with the last process of the run, whatever ended it. A second lock, on
 * the root of the cgroup tree, keeps two from making and sweeping folders at the same time. Both leave no file.
 */
const sweepFunctions = `
hierarchies() {
  if [ -e /sys/fs/cgroup/cgroup.procs ]; then echo /sys/fs/cgroup; return; fi
  for folder in /sys/fs/cgroup/*; do
    if [ -e "$folder/cgroup.procs" ] && [ ! -L "$folder" ]; then echo "$folder"; fi
  done
}
alive() {
  local folder
  for folder in $hierarchies; do
    if [ -d "$folder/$1" ]; then ! flock --nonblock "$folder/$1" true; return; fi
  done
  return 1
}
remove() {
  local folder folders=()
  for folder in $hierarchies; do
    if [ -d "$folder/$1" ]; then folders+=("$folder/$1"); fi
  done
  # version 1: a killed process that is frozen dies only once it is thawed
  find "\${folders[@]}" -name freezer.state | while read -r file; do echo THAWED >"$file" || true; done
  find "\${folders[@]}" -depth -type d -exec rmdir {} + 2>/dev/null || true
  for folder in "\${folders[@]}"; do [ ! -d "$folder" ] || return 0; done
  # of a network that is still draining connections the link can outlast the processes
  ip link delete "px$(echo "$1" | cut -d- -f2)" 2>/dev/null || true
}
sweep() {
  local dead
  for dead in $(find $hierarchies -maxdepth 1 -type d -name 'pixels-*' -printf '%f\\n' | sort -u); do
    alive "$dead" || remove "$dead"
  done
}
hierarchies=$(hierarchies)
`;

/** `sweepScript`: removes what dead runs left. */
export const sweepScript = `set -euo pipefail
exec 8</sys/fs/cgroup; flock 8
${sweepFunctions}
sweep
`;

/** `launchScript RUN INIT_SCRIPT INIT_ARGUMENT…`; the lifeline comes on fd 3. */
export const launchScript = `set -euo pipefail
run=$1 init=$2; shift 2
${sweepFunctions}
exec 8</sys/fs/cgroup; flock 8
sweep
first=
for folder in $hierarchies; do
  own=$folder/$run; mkdir "$own"
  if [ -z "$first" ]; then first=$own; exec 7<"$own"; flock 7; fi
  # version 1: a new cpuset takes no process before it has processors and memory nodes
  if [ -e "$own/cpuset.cpus" ] && [ -e "$own/cgroup.clone_children" ]; then
    cat "$folder/cpuset.cpus" >"$own/cpuset.cpus"; cat "$folder/cpuset.mems" >"$own/cpuset.mems"
    echo 1 >"$own/cgroup.clone_children"
  fi
  # version 2: only a leaf may hold processes, and liblxc puts containers beside a leaf of this name
  if [ -e "$own/cgroup.type" ] || [ -e "$own/cgroup.controllers" ]; then own=$own/init.scope; mkdir "$own"; fi
  echo $$ >"$own/cgroup.procs"
done
exec 8<&-
# seen through the host's /proc, a process in the new pid namespace learns its pid out here
exec 6</proc
exec unshare --mount --pid --fork --kill-child=SIGKILL --mount-proc --propagation private bash -c "$init" pixels-init "$run" "$@"
`;

/**
 * `initScript RUN DAEMON_SCRIPT STATE_BYTES INCUSD RESTARTABLE CANDIDATE…`: PID 1, whose end is the end of all in its
 * namespace. A candidate is `A.B.C/A.B.D`: sandboxes get A.B.C.0/24, the link to the host A.B.D.0/30.
 */
export const initScript = String.raw`set -euo pipefail
run=$1 daemon=$2 state_bytes=$3 incusd=$4 restartable=$5; shift 5
waited=()
# the owner alone holds the other end: end of file means that it is gone, however it ended, unless it said before that all is to stay
{ read -r word <&3 || true; [ "$word" != stay ] || exec sleep infinity; } &
waited+=($!)
exec 3<&-

# pipes without a name, one a direction; the shell can wait only for a plain background process, not for a process substitution
exec 4<> <(:) 9<> <(:)
unshare --mount --net --propagation private bash -c "$daemon" pixels-daemon "$state_bytes" "$incusd" "$restartable" 3>&4 4<&- >&2 &
daemon_pid=$!
waited+=("$daemon_pid")
read -r -t 20 pid <&4 || { echo "no network namespace" >&2; exit 1; }
# held, since incusd leaves its network for a moment while it finds out what the kernel can do
exec {net}<"/proc/$daemon_pid/ns/net"
net=/proc/self/fd/$net
# held, since the daemon's log is to be read after its end
exec {logs}<"/proc/$daemon_pid/root/run"
logs=/proc/self/fd/$logs
trap 'tail -qc 1000 "$logs"/{incusd.out,incusd.log,uplink.log} >&2 || true' EXIT
echo go >&9
exec 9<&-
echo "pid $pid"

# a NAT in user space: neither forwarding nor the firewall of the host is touched
exec 5< <(exec slirp4netns --configure --mtu=65520 --disable-host-loopback --ready-fd=3 --netns-type=path "$net" tap0 3>&1 >/dev/null 2>"$logs/uplink.log" 4<&-)

# choosing a subnet and taking it must be one step; the lock is on the host's network itself and leaves no file
exec 8</proc/self/ns/net; flock 8
chosen=
for candidate in "$@"; do
  block=$(echo "$candidate" | cut -d/ -f1).0/23
  covering=$(ip -4 -o route show table all to match "$block" | grep -Ecv '^(default|0[.]0[.]0[.]0/1|128[.]0[.]0[.]0/1) ' || true)
  if [ "$covering" = 0 ] && [ -z "$(ip -4 -o route show table all to root "$block")" ]; then chosen=$candidate; break; fi
done
[ -n "$chosen" ] || { echo "no free subnet for a bridge" >&2; exit 1; }
prefix=$(echo "$chosen" | cut -d/ -f1)
link_prefix=$(echo "$chosen" | cut -d/ -f2)
link=px$(echo "$run" | cut -d- -f2)
ip link add "$link" type veth peer name host0 netns "$net"
ip -batch - <<EOT
address add $link_prefix.1/30 dev $link
link set $link up
route add $prefix.0/24 via $link_prefix.2 dev $link
EOT
exec 8<&-
nsenter --net="$net" ip -batch - <<EOT
link set lo up
address add $link_prefix.2/30 dev host0
link set host0 up
EOT
# the link is for the host's connections to sandboxes, not for theirs to the host
nsenter --net="$net" nft -f - <<EOT
table inet pixels {
  chain host0 {
    type filter hook postrouting priority -200;
    oifname "host0" ct state new drop
  }
}
EOT
read -r -n 1 _ <&5 || { echo "slirp4netns did not come up" >&2; exit 1; }
echo "address $prefix.1/24"
# the last line of the protocol; from here on nobody may be listening
trap - EXIT
echo "running"
exec >/dev/null 2>&1
wait -n "\${waited[@]}"
`.replaceAll(String.raw`\$`, "$");

/**
 * `daemonScript STATE_BYTES INCUSD RESTARTABLE`: fd 3 takes its pid as the host sees it, fd 9 has a line when it may go on, fd 6 is the host's
 * /proc. With RESTARTABLE "yes" it
 * stays incusd's parent and runs it again when it ends, though not while there is a file /run/incusd.hold.
 */
export const daemonScript = String.raw`set -euo pipefail
state_bytes=$1 incusd=$2 restartable=$3
read -r pid _ </proc/self/fd/6/self/stat
exec 6<&-
resolv=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o "size=$state_bytes,mode=755" tmpfs /run
mkdir -p /run/lock /run/incus /run/cgroup
chmod 711 /run/incus
# the uplink's resolver, which asks the host's
echo "nameserver 10.0.2.3" >/run/resolv.conf
case $resolv in
  /run/*) mkdir -p "$(dirname "$resolv")"; cp /run/resolv.conf "$resolv" ;;
  *) mount --bind /run/resolv.conf "$resolv" ;;
esac
# a sysfs of this network, with the cgroups of the host's
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
echo 1 >/proc/sys/net/ipv4/ip_forward
echo "$pid" >&3
exec 3>&-
read -r _ <&9
exec 9<&-
if command -v lxcfs >/dev/null && [ -d /var/lib/lxcfs ]; then
  lxcfs /var/lib/lxcfs </dev/null >/run/lxcfs.log 2>&1 &
  for _ in $(seq 100); do ! mountpoint -q /var/lib/lxcfs || break; sleep 0.02; done
fi
set -- env -u INCUS_SOCKET INCUS_DIR=/run/incus INCUS_SKIP_INSTANCE_TYPES=1 HOME=/root \
  PATH="$(dirname "$incusd"):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
  "$incusd" --logfile=/run/incusd.log
exec </dev/null >/run/incusd.out 2>&1
[ "$restartable" = yes ] || exec "$@"
while :; do
  "$@" || true
  while sleep 0.05; [ -e /run/incusd.hold ]; do :; done
done
`;
