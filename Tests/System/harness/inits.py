"""A bulkhead-init as PID 1 of namespaces of its own, and what is around it."""

import ctypes
import os
import pathlib
import select
import signal
import socket
import struct
import time

from harness import sandbox
from harness.control import Connection

BASE = 1_000_000_000  # first host id of the sandbox's range: of nobody else
SIZE = 65_536

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWIPC = 0x20000, 0x10000000, 0x20000000, 0x8000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
libc = ctypes.CDLL(None, use_errno=True)


def find_init():
    """The init under test: $BULKHEAD_INIT, or the one beside the bulkhead under test."""
    given = os.environ.get("BULKHEAD_INIT")
    if given:
        return given
    program = pathlib.Path(sandbox.find_program())
    for path in (program.with_name("bulkhead-init"),
                 pathlib.Path("/usr/libexec/bulkhead/bulkhead-init")):
        if path.exists():
            return str(path)
    raise AssertionError(f"no bulkhead-init beside {program}")


def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def mount(source, target, kind, flags=0, data=None):
    checked(libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags,
                       data and data.encode()))


class Init:
    """A supervised init in a user, pid, mount and ipc namespace of its own."""

    def __init__(self, directory):
        self.path = str(directory / "control")
        self.directory = directory
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listening.bind(self.path)
        program = os.open(find_init(), os.O_RDONLY)
        ready, mapped = os.pipe(), os.pipe()
        self.outer = os.fork()
        if self.outer == 0:
            self._become(listening.fileno(), program, ready[1], mapped[0])
        os.close(ready[1])
        os.close(mapped[0])
        listening.close()
        os.close(program)
        self.pid = None
        self.connections = []
        try:
            assert os.read(ready[0], 1) == b"u", "no user namespace"
            for kind in ("uid_map", "gid_map"):
                with open(f"/proc/{self.outer}/{kind}", "w", encoding="ascii") as file:
                    file.write(f"0 {BASE} {SIZE}")
            os.write(mapped[1], b"m")
            self.pid = int(os.read(ready[0], 16))
        finally:
            os.close(ready[0])
            os.close(mapped[1])

    def _become(self, listening, program, ready, mapped):
        """Becomes the parent of init and waits for it: its pid namespace is for children only."""
        try:
            checked(libc.unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC))
            os.write(ready, b"u")
            os.read(mapped, 1)
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)
            mount("none", "/", None, MS_REC | MS_PRIVATE)
            child = os.fork()
            if child:
                os.write(ready, str(child).encode())
                os.closerange(3, 1024)
                os._exit(os.waitpid(child, 0)[1] & 0xFF)
            mount("proc", "/proc", "proc")
            mount("tmpfs", "/run", "tmpfs")
            mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777")
            mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=0620")
            os.mkdir("/run/bulkhead", 0o755)
            os.setgroups([])
            os.dup2(listening, 3) if listening != 3 else os.set_inheritable(3, True)
            os.set_inheritable(program, False)
            for number in os.listdir("/proc/self/fd"):
                if int(number) > 3 and int(number) != program:
                    try:
                        os.set_inheritable(int(number), False)
                    except OSError:
                        pass
            os.execve(program, ["bulkhead-init"], {})
        except BaseException as error:  # pylint: disable=broad-except
            os.write(2, f"cannot become an init: {error}\n".encode())
        os._exit(1)

    def connect(self):
        """A new supervisor. It waits while dead ones are still in the queue."""
        deadline = time.monotonic() + sandbox.DEADLINE_SECONDS
        while True:
            try:
                connection = Connection(self.path)
                self.connections.append(connection)
                return connection
            except (BlockingIOError, ConnectionRefusedError):
                # Not listening yet, or a full queue.
                assert time.monotonic() < deadline, "init does not listen"
                time.sleep(0.01)

    @property
    def host_pid(self):
        """init's pid on the host: it is the only child of its parent."""
        with open(f"/proc/{self.outer}/task/{self.outer}/children", encoding="ascii") as file:
            return int(file.read())

    def host_pid_of(self, inside):
        """The pid on the host of a process that has this one inside: the last of NSpid."""
        for entry in os.listdir("/proc"):
            if entry.isdigit() and same_namespace(entry, self.host_pid):
                with open(f"/proc/{entry}/status", encoding="utf-8") as file:
                    if f"\t{inside}" == next(
                            line.rstrip()[-len(str(inside)) - 1:] for line in file
                            if line.startswith("NSpid:")):
                        return int(entry)
        raise AssertionError(f"no process {inside}")

    def descriptors(self):
        """How many init has open."""
        return len(os.listdir(f"/proc/{self.host_pid}/fd"))

    def memory(self, kind="Pss"):
        """KiB of init."""
        with open(f"/proc/{self.host_pid}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(kind + ":"))

    def close(self):
        if self.outer is None:
            return
        for connection in self.connections:
            connection.close()
        try:
            os.kill(self.host_pid, signal.SIGKILL)
        except (ValueError, ProcessLookupError, FileNotFoundError):
            pass
        os.waitpid(self.outer, 0)
        self.outer = None


class Leaves:
    """A sandbox's cgroups as a supervisor makes them: the scope, its leaf for init, and more."""

    def __init__(self, root, directory):
        self.scope = root / f"init-{os.getpid()}"
        self.directory = directory
        self.init = None
        self.leaves = []

    def __enter__(self):
        self.scope.mkdir()
        # Moving between leaves takes the right to write here too: cgroups(7), delegation.
        os.chown(self.scope / "cgroup.procs", BASE, BASE)
        self.init = Init(self.directory)
        (self.make("init") / "cgroup.procs").write_text(str(self.init.host_pid))
        return self

    def make(self, name):
        leaf = self.scope / name
        leaf.mkdir()
        os.chown(leaf / "cgroup.procs", BASE, BASE)
        self.leaves.append(leaf)
        return leaf

    def __exit__(self, *_):
        self.init.close()
        for leaf in [*self.leaves, self.scope]:
            deadline = time.monotonic() + sandbox.DEADLINE_SECONDS
            while "populated 1" in (leaf / "cgroup.events").read_text():
                assert time.monotonic() < deadline, "a cgroup does not empty"
                time.sleep(0.01)
            leaf.rmdir()


def same_namespace(one, other):
    """Whether two processes are in one pid namespace."""
    try:
        return os.readlink(f"/proc/{one}/ns/pid") == os.readlink(f"/proc/{other}/ns/pid")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


class Journal:
    """What journald looks like to init: a socket for datagrams. `socket` is what init gets."""

    def __init__(self, directory):
        path = str(directory / "journal")
        self.receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.receiver.bind(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.connect(path)

    def close(self):
        self.receiver.close()
        self.socket.close()

    def next(self, seconds=None):
        """The next record's fields; None where none comes in so many seconds."""
        limit = sandbox.DEADLINE_SECONDS if seconds is None else seconds
        if not select.select([self.receiver], [], [], limit)[0]:
            if seconds is None:
                raise AssertionError("nothing is logged")
            return None
        return parse_record(self.receiver.recv(65_536))

    def lines(self, count):
        return [self.next() for _ in range(count)]


def parse_record(datagram):
    """The fields of a datagram in journald's native protocol."""
    fields = {}
    while datagram:
        name, _, rest = datagram.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            datagram = rest
        else:
            key = name
            (length,) = struct.unpack("<Q", rest[:8])
            value = rest[8:8 + length]
            assert rest[8 + length:9 + length] == b"\n", datagram
            datagram = rest[9 + length:]
        assert key.decode() not in fields, key
        fields[key.decode()] = value
    return fields


def wait_until(condition, what):
    deadline = time.monotonic() + sandbox.DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def sh(script):
    return ["sh", "-c", script]


def zombies(init):
    """init's children that ended and were not reaped."""
    with open(f"/proc/{init.host_pid}/task/{init.host_pid}/children", encoding="ascii") as file:
        children = file.read().split()
    found = []
    for pid in children:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def children(init):
    with open(f"/proc/{init.host_pid}/task/{init.host_pid}/children", encoding="ascii") as file:
        return file.read().split()


def read_all(descriptor):
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
