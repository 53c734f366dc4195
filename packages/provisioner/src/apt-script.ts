/**
 * `install PACKAGE…`: from the distribution, as far as there is a network to it. Without one it fails within seconds, and in any case within minutes:
 * apt alone would ask for a name again and again. Another apt that is at work, as at a first boot, is waited for.
 */
export const aptScript = `
quick_apt() {
  seconds=$1
  shift
  foreign timeout -k 10 "$seconds" apt-get -q -y -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \\
    -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}
has_route() {
  while read -r device to rest; do [ "$to" != 00000000 ] || return 0; done </proc/net/route
  while read -r to size from rest; do
    case $to/$size/$rest in 00000000000000000000000000000000/00/*lo) ;; 00000000000000000000000000000000/00/*) return 0 ;; esac
  done </proc/net/ipv6_route
  return 1
} 2>/dev/null
# the first mirror must have a name and take a connection, unless a proxy is to do that
reach_mirror() {
  ! apt-config dump Acquire 2>/dev/null | grep -q -i 'proxy "..*"' || return 0
  [ -z "\${http_proxy-}\${https_proxy-}\${all_proxy-}" ] || return 0
  uri=$(apt-get update --print-uris 2>/dev/null | sed -n "s#^'\\(https*://[^/']*\\).*#\\1#p" | head -n 1)
  [ -n "$uri" ] || return 0
  host=\${uri#*://} port=80
  case $uri in https:*) port=443 ;; esac
  case $host in *@*) host=\${host##*@} ;; esac
  case $host in *:*) port=\${host##*:} host=\${host%:*} ;; esac
  timeout 10 getent ahosts "$host" >/dev/null || fail "no network: the name of the mirror cannot be resolved: $host"
  command -v bash >/dev/null || return 0
  timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$host" "$port" || fail "no network: the mirror cannot be reached: $host"
}
install() {
  command -v apt-get >/dev/null || fail "this distribution has no apt-get; install by hand:$1"
  export NEEDRESTART_SUSPEND=1
  has_route || fail "no network: there is no route to anywhere; not installed:$1"
  reach_mirror
  tries=0
  until quick_apt 120 update; do
    tries=$((tries + 1))
    { [ $tries -lt 30 ] && tail -n 5 "$log" | grep -q 'Could not get lock'; } || fail "the package lists could not be fetched"
    sleep 2
  done
  quick_apt 600 install --no-install-recommends $1 || fail "not installed:$1"
}
`;
