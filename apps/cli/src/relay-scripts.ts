import type { Command } from "@pixels/core";

/** How a relay ends, beside 0: both directions have ended. Numbers that neither a shell nor an interpreter ends with by itself. */
export const relayExits = {
  /** Nobody listens on the port; the reason is on stderr, after "refused ". */
  refused: 101,
  /** The other side has broken the connection off. */
  reset: 102,
  /** The sandbox has neither interpreter. */
  noInterpreter: 103,
} as const;

const { refused, reset, noInterpreter } = relayExits;

/*
 * Connects to the port on the sandbox's loopback, then hands stdin to the connection and the connection to stdout, each held back by its own
 * reader alone. The end of stdin ends the one direction. The end of the other one is told on stderr, as "eof" and how many bytes stdout has had,
 * since the end of stdout itself is only seen once the command has ended. Whoever has broken the connection off may have written before: what
 * is there is still read.
 */

// without modules, which cost more time than all the rest and are not in every package of perl; the numbers are Linux's
const perl = String.raw`
my $port = shift;
$SIG{PIPE} = 'IGNORE';
my ($s, $why);
for ([2, pack('S n a4 x8', 2, $port, "\x7f\0\0\1")], [10, pack('S n N a16 N', 10, $port, 0, "\0" x 15 . "\1", 0)]) {
  last if socket($s, $$_[0], 1, 0) && connect($s, $$_[1]);
  $why ||= "$!";
  undef $s;
}
if (!$s) { print STDERR "refused $why\n"; exit ${refused} }
setsockopt($s, 6, 1, 1);
fcntl($_, 4, 2048 | fcntl($_, 3, 0)) for $s, *STDOUT;
sub again { $! == 11 || $! == 4 }
my ($up, $down, $upOpen, $downOpen, $count, $broken) = ('', '', 1, 1, 0, 0);
while ($upOpen || $downOpen) {
  my ($r, $w) = ('', '');
  vec($r, 0, 1) = $upOpen && $up eq '';
  vec($r, fileno $s, 1) = $downOpen && $down eq '';
  vec($w, fileno $s, 1) = $up ne '';
  vec($w, 1, 1) = $down ne '';
  next if select($r, $w, undef, undef) < 0;
  if (vec($r, 0, 1)) {
    my $n = sysread(STDIN, $up, 65536);
    if (defined $n ? !$n : !again()) { $upOpen = 0; shutdown($s, 1) }
  }
  if (vec($r, fileno $s, 1)) {
    my $n = sysread($s, $down, 65536);
    if (!defined $n) { again() or exit ${reset} }
    elsif (!$n) { $downOpen = 0; syswrite(STDERR, "eof $count\n") }
  }
  if (vec($w, fileno $s, 1)) {
    my $n = syswrite($s, $up);
    if (defined $n) { substr($up, 0, $n, '') }
    elsif (!again()) { ($up, $upOpen, $broken) = ('', 0, 1) }
  }
  if (vec($w, 1, 1)) {
    my $n = syswrite(STDOUT, $down);
    if (defined $n) { $count += $n; substr($down, 0, $n, '') }
    else { again() or exit ${reset} }
  }
}
exit ${reset} if $broken;
`;

const python = String.raw`
import os, select, socket, sys
s = why = None
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    try:
        one = socket.socket(family, socket.SOCK_STREAM)
        one.connect((address, int(sys.argv[1])))
        s = one
        break
    except OSError as error:
        why = why or error.strerror
if s is None:
    os.write(2, ("refused %s\n" % why).encode())
    os._exit(${refused})
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
s.setblocking(False)
os.set_blocking(1, False)
up = down = b""
up_open = down_open = True
count = 0
broken = False
while up_open or down_open:
    r = [0] * (up_open and not up) + [s] * (down_open and not down)
    r, w, _ = select.select(r, [s] * bool(up) + [1] * bool(down), [])
    if 0 in r:
        up = os.read(0, 65536)
        if not up:
            up_open = False
            try:
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
    if s in r:
        try:
            down = s.recv(65536)
            if not down:
                down_open = False
                os.write(2, b"eof %d\n" % count)
        except BlockingIOError:
            pass
        except OSError:
            os._exit(${reset})
    if s in w:
        try:
            up = up[s.send(up):]
        except BlockingIOError:
            pass
        except OSError:
            up, up_open, broken = b"", False, True
    if 1 in w:
        try:
            n = os.write(1, down)
            count += n
            down = down[n:]
        except BlockingIOError:
            pass
        except OSError:
            os._exit(${reset})
os._exit(${reset} if broken else 0)
`;

const choose = `
if command -v perl >/dev/null; then exec perl -e "$1" "$3"; fi
if command -v python3 >/dev/null; then exec python3 -I -S -c "$2" "$3"; fi
exit ${noInterpreter}
`;

/** Relays its stdin and stdout to a port on the sandbox's loopback. */
export function relayCommand(port: number): Command {
  return ["sh", "-c", choose, "pixels", perl, python, String(port)];
}

/** Ends with 0 where a relay can run. */
export const probeCommand: Command = ["sh", "-c", "command -v perl || command -v python3"];
