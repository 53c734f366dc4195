import { FOLDER } from "./record.ts";
import type { ScriptStep } from "./step-script.ts";

/** The unprivileged account. */
export const ACCOUNT = "pixel";
/** Where the keys for it wait until there is one. */
export const STAGED_KEYS = `${FOLDER}/authorized_keys`;

/** What makes a sandbox from an image ready for work, once it runs. The preamble has $certificates: "yes" where there are any. */
export const setupSteps: readonly ScriptStep[] = [
  {
    id: "account",
    title: `user ${ACCOUNT}`,
    script: `
own= holder= group=
while IFS=: read -r name x uid gid rest; do
  [ "$name" != ${ACCOUNT} ] || own=$uid
  [ "$uid" != 1000 ] || holder=$name
done </etc/passwd
[ -z "$own" ] || { [ "$own" = 1000 ] || tell "uid $own, as the image has it"; return 0; }
if [ -n "$holder" ]; then
  if command -v userdel >/dev/null; then userdel -f -r "$holder" || true; else deluser --remove-home "$holder"; fi
  tell "in place of the image's $holder"
fi
while IFS=: read -r name x gid rest; do [ "$gid" != 1000 ] || group=$name; done </etc/group
shell=/bin/bash
[ -x $shell ] || shell=/bin/sh
if command -v useradd >/dev/null; then
  if [ -z "$group" ]; then groupadd -g 1000 ${ACCOUNT}; elif [ "$group" != ${ACCOUNT} ]; then groupmod -n ${ACCOUNT} "$group"; fi
  useradd -m -u 1000 -g 1000 -s $shell -p '*' ${ACCOUNT}
else
  command -v adduser >/dev/null || fail "there is neither useradd nor adduser"
  [ -z "$group" ] || [ "$group" = ${ACCOUNT} ] || delgroup "$group"
  addgroup -g 1000 ${ACCOUNT}
  adduser -D -u 1000 -G ${ACCOUNT} -s $shell -h /home/${ACCOUNT} ${ACCOUNT}
  echo "${ACCOUNT}:*" | chpasswd -e
fi`,
  },
  {
    id: "packages",
    title: "sudo, sshd and tmux",
    script: `
missing=
command -v sudo >/dev/null || missing="$missing sudo"
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
command -v tmux >/dev/null || missing="$missing tmux"
[ $certificates = no ] || [ -x /usr/sbin/update-ca-certificates ] || missing="$missing ca-certificates"
[ -n "$missing" ] || return 0
install "$missing"
tell "installed:$missing"`,
  },
  {
    id: "sudo",
    title: "sudo without a password",
    needs: ["account"],
    script: `
command -v sudo >/dev/null || skip "sudo is not installed"
file=/etc/sudoers.d/pixels
rule='${ACCOUNT} ALL=(ALL:ALL) NOPASSWD: ALL'
[ "$(cat $file 2>/dev/null)" != "$rule" ] || return 0
# sudo reads no file with a dot in its name
new=/etc/sudoers.d/.pixels
(umask 0337; rm -f $new; printf '%s\\n' "$rule" >$new)
if command -v visudo >/dev/null; then visudo -c -q -f $new || { rm -f $new; fail "visudo refuses the rule"; }; fi
mv $new $file`,
  },
  {
    id: "keys",
    title: "SSH keys",
    needs: ["account"],
    script: `
IFS=: read -r name x uid gid comment home rest <<.
$(grep '^${ACCOUNT}:' /etc/passwd)
.
folder=$home/.ssh
file=$folder/authorized_keys
[ ! -L "$folder" ] || rm -f "$folder"
[ -d "$folder" ] || { mkdir -m 700 "$folder"; chown "$uid:$gid" "$folder"; }
first=$(head -n 1 ${STAGED_KEYS}) last=$(tail -n 1 ${STAGED_KEYS})
old=$(cat "$file" 2>/dev/null) || true
new=$(printf '%s\\n' "$old" | sed -e "/^$first$/,/^$last$/d" -e '1{/^$/d;}'; cat ${STAGED_KEYS})
[ "$old" != "$new" ] || return 0
(umask 077; rm -f "$file.pixels"; printf '%s\\n' "$new" >"$file.pixels")
chown "$uid:$gid" "$file.pixels"
mv -f "$file.pixels" "$file"`,
  },
  {
    id: "certificates",
    title: "CA certificates",
    script: `
# the certificates are in their places since before the first start; programs with stores of their own want to be told
set -- /etc/ca-certificates/update.d/*
[ ! -e "$1" ] || [ ! -x /usr/sbin/update-ca-certificates ] || foreign timeout 120 update-ca-certificates`,
  },
  {
    id: "sshd",
    title: "sshd",
    script: `
[ -x /usr/sbin/sshd ] || skip "sshd is not installed"
set -- /etc/ssh/ssh_host_*_key
[ -e "$1" ] || ssh-keygen -q -A
listens() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q '^ *[0-9]*: [0-9A-F]*:0016 [0-9A-F:]* 0A '; }
# where systemd listens for it, nothing has tried yet whether it starts
works() { listens && { [ -e /run/sshd.pid ] || { mkdir -p /run/sshd; foreign /usr/sbin/sshd -t; }; }; }
! works || return 0
if [ -d /run/systemd/system ]; then
  unit=ssh.socket
  for service in sshd.service ssh.service; do ! systemctl cat $service >/dev/null 2>&1 || unit=$service; done
  ! systemctl is-enabled -q ssh.socket 2>/dev/null || unit=ssh.socket
  foreign timeout 20 systemctl unmask $unit || true
  foreign timeout 60 systemctl enable --now $unit || {
    foreign timeout 10 systemctl status --no-pager -n 20 $unit || true
    fail "sshd does not start"
  }
elif command -v rc-service >/dev/null; then
  rc-update add sshd default
  foreign timeout 60 rc-service sshd start
elif command -v service >/dev/null; then
  foreign timeout 60 service ssh start
fi
tries=0
until works; do
  ! listens || fail "sshd does not start"
  tries=$((tries + 1))
  [ $tries -lt 100 ] || fail "sshd does not listen on port 22"
  sleep 0.1
done`,
  },
];
