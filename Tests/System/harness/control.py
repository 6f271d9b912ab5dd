"""init's control socket, from the supervisor's side.

This is the one place where tests speak init's own language: what it does when a supervisor dies at
any moment can be asked for only by being that supervisor.
"""

import array
import os
import select
import socket
import struct

from harness import sandbox

# Flags of a spawn and of a hold.
REQUEST, CGROUP, INPUT, OUTPUT, ERROR = 1, 2, 4, 8, 16
LEASE, JOURNAL = 1, 2
READY, WATCHDOG, STOPPING = 1, 2, 4

# Stages of a refusal.
READ_REQUEST, FORK, CAPABILITIES, EXECUTE, ADMIT, BIND = 1, 3, 10, 15, 16, 18

ALLOW_ALL = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)


def string(text):
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<I", len(raw)) + raw + b"\0"


def strings(items):
    return struct.pack("<I", len(items)) + b"".join(string(item) for item in items)


def encode_request(command, *, user=1000, group=1000, capabilities=0, terminal=None, directory="/",
                   environment=("PATH=/usr/bin:/bin",), fields=b"", notify=False,
                   writable=("/tmp",), filter=ALLOW_ALL):
    """A request for init as Control's SpawnRequest encodes it."""
    flags = (1 if terminal else 0) | 2 | (4 if notify else 0)
    rows, columns = terminal or (0, 0)
    name = command[0]
    candidates = [name] if "/" in name else [f"/usr/bin/{name}", f"/bin/{name}"]
    return (b"BKH2" + struct.pack("<IIIIIQI", user, group, flags, rows, columns, capabilities, 0)
            + struct.pack("<I", len(filter)) + filter + string(directory) + strings(candidates)
            + strings(command) + strings(environment) + strings(writable)
            + struct.pack("<I", len(fields)) + fields)


def decode(packet):
    """A message from init: its name and its values."""
    kind = packet[0]
    if kind == 3:
        return ("started", *struct.unpack("<QI", packet[1:]))
    if kind == 4:
        stage, run, errno = struct.unpack("<BQi", packet[1:])
        return ("notStarted", run, stage, errno)
    if kind == 5:
        return ("casualty", *struct.unpack("<QI", packet[1:13]), packet[13:])
    if kind == 6:
        signalled, status, run, pid, _, _ = struct.unpack("<BBQIQQ", packet[1:31])
        return ("ended", run, pid, -status if signalled else status)
    if kind == 12:
        bits, run = struct.unpack("<BQ", packet[1:])
        return ("notified", run, bits)
    if kind == 13:
        bits, run, pid = struct.unpack("<BQI", packet[1:])
        return ("running", run, pid, bits)
    if kind == 14:
        return ("reported", *struct.unpack("<I", packet[1:]))
    if kind == 15:
        return ("terminal", *struct.unpack("<Q", packet[1:]))
    if kind == 16 and len(packet) == 1:
        return ("journalLost",)
    if kind == 17:
        return ("said", *struct.unpack("<Q", packet[1:9]), packet[9:])
    if kind == 18:
        return ("suppressed", *struct.unpack("<QQ", packet[1:]))
    if kind == 19:
        bits, run = struct.unpack("<BQ", packet[1:])
        return ("hinted", run, bits)
    raise AssertionError(f"no message: {packet!r}")


class Connection:
    """A supervisor's connection; what comes with messages is in `descriptors`, by run."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.descriptors = {}

    def close(self):
        self.socket.close()
        for descriptor in self.descriptors.values():
            os.close(descriptor)
        self.descriptors = {}

    def send(self, packet, descriptors=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        self.socket.sendmsg([packet], rights if descriptors else [])

    def hold(self, journal=None, lease=None, rate=1000, burst=1000, capabilities=0):
        flags = (LEASE if lease is not None else 0) | (JOURNAL if journal is not None else 0)
        self.send(struct.pack("<BBIIQ", 7, flags, rate, burst, capabilities),
                  [one.fileno() if hasattr(one, "fileno") else one
                   for one in (lease, journal) if one is not None])

    def spawn(self, run, command, *, cgroup=None, stdin=None, stdout=None, stderr=None, **options):
        self.spawn_bytes(run, encode_request(command, **options), cgroup, stdin, stdout, stderr)

    def spawn_bytes(self, run, request, cgroup=None, stdin=None, stdout=None, stderr=None):
        file = os.memfd_create("request")
        try:
            os.write(file, request)
            given = [(REQUEST, file), (CGROUP, cgroup), (INPUT, stdin), (OUTPUT, stdout),
                     (ERROR, stderr)]
            given = [(flag, one) for flag, one in given if one is not None]
            self.send(struct.pack("<BBQ", 1, sum(flag for flag, _ in given), run),
                      [one for _, one in given])
        finally:
            os.close(file)

    def signal(self, run, number):
        self.send(struct.pack("<BBQ", 8, number, run))

    def acknowledge(self, run):
        self.send(struct.pack("<BQ", 9, run))

    def attach(self, run, wanted=True):
        self.send(struct.pack("<BBQ", 11, wanted, run))

    def notice(self, run, level):
        self.send(struct.pack("<BBQ", 20, level, run))

    def next(self, seconds=None):
        """The next message; None where none comes in so many seconds."""
        limit = sandbox.DEADLINE_SECONDS if seconds is None else seconds
        if not select.select([self.socket], [], [], limit)[0]:
            if seconds is None:
                raise AssertionError("init says nothing")
            return None
        packet, rights, _, _ = self.socket.recvmsg(4_096, socket.CMSG_SPACE(4))
        if not packet:
            raise AssertionError("init has gone")
        message = decode(packet)
        for _, _, data in rights:
            (self.descriptors[message[1]],) = struct.unpack("<i", data[:4])
        return message

    def expect(self, name, run=None):
        """The next message of this name (and run); others before it are passed over."""
        while True:
            message = self.next()
            if message[0] == name and (run is None or message[1] == run):
                return message

    def report(self):
        """All runs that init knows, by number."""
        self.send(bytes([10]))
        lines = {}
        while True:
            message = self.next()
            if message[0] == "reported":
                assert message[1] == len(lines), (message, lines)
                return lines
            if message[0] in ("running", "ended", "notStarted"):
                lines[message[1]] = message
