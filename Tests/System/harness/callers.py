"""Callers of the control socket that are other users, or mean no good."""

import contextlib
import ctypes
import json
import os
import pathlib
import platform
import resource
import select
import socket
import threading
import time

from harness import daemon as daemons

GET_INFO = b'{"method":"org.varlink.service.GetInfo"}\0'

# As many connections as a test opens at once, and some more.
DESCRIPTORS_WANTED = 12_000

LIBC = ctypes.CDLL(None, use_errno=True)
# What the C library has changes every thread of a process; these change the one that calls.
SETGROUPS, SETRESGID, SETRESUID = {
    "x86_64": (116, 119, 117), "aarch64": (159, 149, 147)}[platform.machine()]
KEPT = ctypes.c_long(-1)


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

    def __init__(self, daemon, user, group):
        self.daemon = daemon
        self.user = user
        self.group = group
        self.seconds = []
        self.failures = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        with as_user(self.user, self.group):
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
    """This thread's effective user is another one meanwhile: it is who connects."""
    before = os.getgroups()
    set_groups(list(groups))
    change(SETRESGID, KEPT, ctypes.c_long(group), KEPT)
    change(SETRESUID, KEPT, ctypes.c_long(user), KEPT)
    try:
        yield
    finally:
        change(SETRESUID, KEPT, ctypes.c_long(0), KEPT)
        change(SETRESGID, KEPT, ctypes.c_long(0), KEPT)
        set_groups(before)


def set_groups(groups):
    change(SETGROUPS, ctypes.c_long(len(groups)), (ctypes.c_uint32 * len(groups))(*groups))


def change(number, *arguments):
    """One system call of this thread's credentials: setgroups(2), setresgid(2), setresuid(2)."""
    if LIBC.syscall(ctypes.c_long(number), *arguments) != 0:
        raise OSError(ctypes.get_errno(), f"credentials of this thread, system call {number}")


def let_others_reach(path):
    """Every directory on the way to `path` may be searched by everybody."""
    for parent in pathlib.Path(path).parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o011)


def replies(text):
    """Every reply in what was received."""
    return [json.loads(part) for part in text.split(b"\0") if part]
