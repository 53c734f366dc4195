/** `customizeScript ROOT`: what makes a container of a minimal root file system. Run by mmdebstrap before it packs up. */
export const customizeScript = `set -eu
root=$1
printf 'auto lo\\niface lo inet loopback\\n\\nauto eth0\\niface eth0 inet dhcp\\n' >"$root/etc/network/interfaces"
: >"$root/etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id" "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap"
: >"$root/etc/resolv.conf"
# each sandbox makes its own host key at its first boot
cat >"$root/etc/systemd/system/ssh-host-keys.service" <<'EOT'
[Unit]
Description=SSH host key of this machine
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
Before=ssh.service
[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
[Install]
WantedBy=ssh.service
EOT
chroot "$root" systemctl enable ssh-host-keys.service >/dev/null 2>&1
# what has no work in a container, or works against the host
for unit in apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer \\
  systemd-remount-fs.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \\
  sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount modprobe@.service \\
  kmod-static-nodes.service systemd-modules-load.service systemd-sysctl.service systemd-random-seed.service \\
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-journal-flush.service \\
  systemd-machine-id-commit.service systemd-firstboot.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \\
  systemd-networkd.service systemd-networkd.socket systemd-logind.service getty.target getty-static.service \\
  getty@tty1.service console-getty.service systemd-ask-password-wall.path systemd-ask-password-console.path; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
`;

/**
 * `buildScript CACHE KEY SUITE PACKAGES SOURCES CUSTOMIZESCRIPT ARCHITECTURE FRESH`: builds CACHE/KEY/{rootfs.squashfs,metadata.tar} once,
 * however many ask for it, and again where FRESH is "yes". SOURCES is a deb822 text. Runs in its own mount and pid namespaces, so that no mount and no process
 * outlives it.
 */
export const buildScript = `set -euo pipefail
cache=$1 key=$2 suite=$3 packages=$4 sources=$5 customize=$6 architecture=$7 fresh=$8
exec 8<"$cache"; flock 8
[ "$fresh" = yes ] || [ ! -e "$cache/$key" ] || exit 0
# left by a build that was killed: the lock says that nobody is at it
find "$cache" -mindepth 1 -maxdepth 1 -name '.build-*' -exec rm -rf {} +
work=$(mktemp -d "$cache/.build-XXXXXX")
chmod 755 "$work"
out=$work/out; mkdir "$out" "$work/tmp"
# packages are unpacked many times faster in memory than onto a disk
if [ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -gt 3000000 ]; then
  mount -t tmpfs -o size=2500m tmpfs "$work/tmp"
fi
root=$work/tmp/root
printf '%s\\n' "$sources" >"$work/tmp/pixels.sources"
printf '%s\\n' "$customize" >"$work/tmp/customize"
apt-config dump --format '%F "%v";%n' Acquire | grep -E '(Proxy|Check-Valid-Until|Check-Date|Retries)[ :]' >"$work/tmp/apt.conf" || true
echo "building it from the distribution's mirror, once; this takes a minute or two"
TMPDIR=$work/tmp mmdebstrap --variant=minbase --mode=root --include="$packages" \\
  --aptopt="$work/tmp/apt.conf" --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \\
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \\
  --customize-hook="sh $work/tmp/customize \\"\\$1\\"" "$suite" "$root" "$work/tmp/pixels.sources" 2>&1 |
  tee "$work/tmp/log" |
  { grep --line-buffered -oP '^I: \\K(downloading|extracting|installing).*' || true; } ||
  { grep -E '^(E|Err|W|dpkg)' "$work/tmp/log" | tail -n 10 >&2; exit 1; }
echo "packing the image"
# a container gets its devices from the host; a host that is a container itself may not make them
mksquashfs "$root" "$out/rootfs.squashfs" -comp zstd -Xcompression-level 3 -noappend -quiet -no-progress -wildcards -e 'dev/*' >/dev/null
mkdir "$work/tmp/metadata" "$work/tmp/metadata/templates"
cd "$work/tmp/metadata"
cat >metadata.yaml <<EOT
architecture: $architecture
creation_date: $(date +%s)
properties:
  os: Debian
  release: $suite
  architecture: $architecture
  description: Debian $suite ($architecture), built by pixels
templates:
  /etc/hostname:
    when: [create, copy]
    template: hostname.tpl
  /etc/hosts:
    when: [create, copy]
    template: hosts.tpl
EOT
echo '{{ container.name }}' >templates/hostname.tpl
printf '127.0.0.1 localhost\\n127.0.1.1 {{ container.name }}\\n::1 localhost ip6-localhost ip6-loopback\\n' >templates/hosts.tpl
tar -cf "$out/metadata.tar" metadata.yaml templates
cd /
rm -rf "\${cache:?}/$key"
mv -T "$out" "$cache/$key"
umount -l "$work/tmp" 2>/dev/null || true
rm -rf "$work"
`;

/** `cleanScript CACHE`: removes what a build that was cut short left, unless another build is under way. */
export const cleanScript = `set -euo pipefail
exec 8<"$1"; flock --nonblock 8 || exit 0
find "$1" -mindepth 1 -maxdepth 1 -name '.build-*' -exec rm -rf {} +
`;

/** `isolateScript SCRIPT ARGUMENT…`: runs a script in mount and pid namespaces of its own, until its end or that of the lifeline on fd 3. */
export const isolateScript = `set -euo pipefail
exec unshare --mount --pid --fork --kill-child=SIGKILL --mount-proc --propagation private bash -c "$1" pixels-isolated "\${@:2}"
`;

/** `guardScript SCRIPT ARGUMENT…`: PID 1 there; a script cannot be its own guard, as PID 1 takes no SIGKILL from inside. */
export const guardScript = `set -euo pipefail
script=$1; shift
# its exit code comes through a pipe that nobody else can write to, so its end shows however it ends; "wait -n" would miss what has ended before it is
# called
exec 5>&1
exec 4< <(bash -c "$script" pixels-build "$@" 3<&- 4<&- >&5 5>&- && code=0 || code=$?; echo "$code")
builder=$!
{ trap '' INT TERM; read -r _ <&3 || true; kill -KILL "$builder"; } &
read -r code <&4 || code=130
exit "$code"
`;
