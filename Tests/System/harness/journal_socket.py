"""A journal of a test's own, for a host without journald: it takes what bulkheadd sends, keeps what it is
told to keep, and answers what was kept in the place of `bulkhead-audit confirm`."""

import contextlib
import pathlib
import socket
import struct
import sys
import threading

# As the program that is asked: the kept hashes are in a file beside the socket.
CONFIRM = """#!{python}
import pathlib, sys
kept = set(pathlib.Path({kept!r}).read_text().split())
for line in sys.stdin:
    number, _, hash = line.strip().partition(" ")
    if number != "chain" and hash not in kept:
        print(number)
print("done")
"""
# In a mount namespace of its own, as this host has no such socket and another program.
PLACES = """mount -t tmpfs none /run && mkdir -p /run/systemd/journal &&
mount --bind "$1" /run/systemd/journal && mount --bind "$2" "$3" && shift 3 && exec "$@\""""


def fields(datagram):
    """As sd_journal_sendv(3) writes them: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/"""
    result = {}
    while datagram:
        line, _, datagram = datagram.partition(b"\n")
        name, mark, value = line.partition(b"=")
        if not mark:
            length, = struct.unpack("<Q", datagram[:8])
            value, datagram = datagram[8:8 + length], datagram[9 + length:]
        result[name.decode()] = value.decode()
    return result


class JournalSocket:
    """As a context."""

    def __init__(self, directory, loses=lambda record: False):
        self.directory = pathlib.Path(directory)
        self.loses = loses
        # The records that were kept, in their order.
        self.records = []
        self.kept = self.directory / "kept"
        self.kept.write_text("")
        self.confirm = self.directory / "confirm"
        self.confirm.write_text(CONFIRM.format(python=sys.executable, kept=str(self.kept)))
        self.confirm.chmod(0o755)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self.socket.bind(str(self.directory / "socket"))
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while datagram := self.socket.recv(1 << 20):
            record = fields(datagram)
            if "BULKHEAD_SEQ" not in record or self.loses(record):
                continue
            self.records.append(record)
            with self.kept.open("a") as kept:
                kept.write(record["BULKHEAD_HASH"] + "\n")

    def wrap(self, daemon):
        """Has a supervisor that is not started yet send to it, and ask it."""
        command, asked = daemon.arguments(), pathlib.Path(daemon.program).with_name("bulkhead-audit")
        daemon.arguments = lambda: [
            "unshare", "--mount", "--propagation", "private", "sh", "-c", PLACES, "sh",
            str(self.directory), str(self.confirm), str(asked), *command]
