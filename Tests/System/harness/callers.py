"""Callers of the control socket that are other users, or mean no good."""

import contextlib
import json
import os
import pathlib
import resource
import select
import socket
import threading
import time

from harness import daemon as daemons

GET_INFO = b'{"method":"org.varlink.service.GetInfo"}\0'

# As many connections as a test opens at once, and some more.
DESCRIPTORS_WANTED = 12_000


def raw(daemon, timeout=daemons.PATIENCE_SECONDS):
    """A connected socket, and nothing said yet."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # With a time-out, Python connects without waiting, and a full queue would be an error.
    connection.connect(str(daemon.socket))
    connection.settimeout(timeout)
    return connection


def has_ended(connection, seconds=daemons.PATIENCE_SECONDS):
    """Whether the supervisor ends the connection, whatever it says before."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([connection], [], [], left)[0]:
            return False
        try:
            if not connection.recv(1 << 20):
                return True
        except ConnectionError:
            return True
    return False


def send_until_ended(connection, piece, bytes_max):
    """Sends `piece` again and again; how many bytes were taken before the supervisor had enough."""
    sent = 0
    while sent < bytes_max:
        try:
            sent += connection.send(piece)
        except (ConnectionError, TimeoutError):
            return sent
    return sent


def resident_kib(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def descriptor_count(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def processor_seconds(daemon):
    fields = pathlib.Path(f"/proc/{daemon.process.pid}/stat").read_text(encoding="ascii")
    user, system = fields.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Bystander:
    """Somebody who asks for the list of projects all the while, each time on a new connection."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.seconds = []
        self.failures = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.is_over.wait(0.02):
            start = time.monotonic()
            try:
                self.daemon.call("List")
            except (OSError, AssertionError, daemons.Refused) as error:
                self.failures.append(repr(error))
            self.seconds.append(time.monotonic() - start)

    def __enter__(self):
        self.thread.start()
        daemons.eventually(lambda: self.seconds or self.failures, "the first answer")
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    @property
    def usual_seconds(self):
        """The middle of all waits. What else a host does makes some of them long, and that the
        supervisor is held up makes most of them long."""
        return sorted(self.seconds)[len(self.seconds) // 2]


@contextlib.contextmanager
def many_descriptors():
    """This process may open as many as a test of thousands of connections needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= DESCRIPTORS_WANTED, hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, DESCRIPTORS_WANTED), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def as_user(user, group, groups=()):
    """This process's effective user is another one meanwhile: it is who connects."""
    before = os.getgroups()
    os.setgroups(list(groups))
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


def let_others_reach(path):
    """Every directory on the way to `path` may be searched by everybody."""
    for parent in pathlib.Path(path).parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o011)


def replies(text):
    """Every reply in what was received."""
    return [json.loads(part) for part in text.split(b"\0") if part]
