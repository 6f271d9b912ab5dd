"""Runs programs and tells what they took. Standard library only."""

import ctypes
import os
import statistics
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000


def check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


class Run:
    """How one program went, with all that it started."""

    def __init__(self, status, wall_us, usages, said):
        self.status = os.waitstatus_to_exitcode(status)
        self.wall_us = wall_us
        self.cpu_us = sum(usage.ru_utime + usage.ru_stime for usage in usages) * 1e6
        self.peak_kib = max(usage.ru_maxrss for usage in usages)
        self.said = said


def start(command, error, *actions):
    """Starts a program with nothing on standard input and output."""
    actions = [
        *actions,
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, error, 2),
    ]
    return os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=actions)


ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}


def run(command, *actions, alone=True):
    """One run from spawn to the end; what it wrote to standard error comes along. With other children
    beside it, it is not `alone`: what it leaves running is then not waited for."""
    error = os.memfd_create("stderr")
    began = time.perf_counter_ns()
    pid = start(command, error, *actions)
    _, status, usage = os.wait4(pid, 0)
    wall = (time.perf_counter_ns() - began) / 1e3
    said = os.pread(error, 1 << 20, 0).decode(errors="replace")
    os.close(error)
    return Run(status, wall, [usage, *(stragglers() if alone else [])], said)


def adopt_stragglers():
    """What a program leaves running becomes our child: its time counts as the program's, and it is
    gone before the next one starts. prctl(2)."""
    PR_SET_CHILD_SUBREAPER = 36
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def stragglers():
    found = []
    while True:
        try:
            found.append(os.wait4(-1, 0)[2])
        except ChildProcessError:
            return found


def run_as_init(command):
    """The same as PID 1 of a new pid namespace, whose making is not counted."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    check(libc.unshare(CLONE_NEWPID), "unshare")
    try:
        # bulkhead-init ends at once where its control socket is something else.
        return run(command, (os.POSIX_SPAWN_OPEN, 3, "/dev/null", os.O_RDONLY, 0))
    finally:
        check(libc.setns(own, CLONE_NEWPID), "setns")
        os.close(own)


# Processes that are running.


def descendants(root):
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                # The name in parentheses may contain anything.
                parents[int(name)] = int(file.read().rsplit(b")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def name(pid):
    with open(f"/proc/{pid}/comm") as file:
        return file.read().strip()


def kib(pid, file, key):
    with open(f"/proc/{pid}/{file}") as lines:
        for line in lines:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def shares_memory(one, other):
    KCMP, KCMP_VM = 312, 1
    return libc.syscall(KCMP, one, other, KCMP_VM, 0, 0) == 0


def while_sleeping(command, look):
    """Starts a command that is to end up in /bin/sleep, and returns what look(tree, sleep) does
    once it has."""
    error = os.open("/dev/null", os.O_WRONLY)
    pid = start(command, error)
    os.close(error)
    deadline = time.monotonic() + 60
    result = None
    while result is None and time.monotonic() < deadline:
        time.sleep(0.02)
        try:
            tree = descendants(pid)
            sleeping = [process for process in tree if name(process) == "sleep"]
            if sleeping:
                result = look(tree, sleeping[0])
        except (FileNotFoundError, ProcessLookupError):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
    os.wait4(pid, 0)
    stragglers()
    return result


def memory_held(tree, sleeping):
    """{name: [PSS, peak RSS]} in KiB of everything that stays beside the command."""
    seen, result = [], {}
    for pid in tree:
        if pid == sleeping or any(shares_memory(pid, other) for other in seen):
            continue
        seen.append(pid)
        result[name(pid)] = [kib(pid, "smaps_rollup", "Pss"), kib(pid, "status", "VmHWM")]
    return result


def seccomp_filter(_, sleeping):
    """The bytes of a process's filter, as the kernel has it. ptrace(2)."""
    SEIZE, INTERRUPT, DETACH, GET_FILTER = 0x4206, 0x4207, 17, 0x420C
    check(libc.ptrace(SEIZE, sleeping, None, None), "PTRACE_SEIZE")
    check(libc.ptrace(INTERRUPT, sleeping, None, None), "PTRACE_INTERRUPT")
    os.waitpid(sleeping, 0x40000000)  # __WALL
    try:
        count = check(libc.ptrace(GET_FILTER, sleeping, None, None), "PTRACE_SECCOMP_GET_FILTER")
        buffer = ctypes.create_string_buffer(count * 8)
        check(libc.ptrace(GET_FILTER, sleeping, None, buffer), "PTRACE_SECCOMP_GET_FILTER")
        return buffer.raw
    finally:
        libc.ptrace(DETACH, sleeping, None, None)


# Figures.


def spread(values):
    """Quartiles and median."""
    if len(values) < 2:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def private_mounts():
    """A mount namespace of our own, from which nothing travels back. On a hybrid host cgroup v2 is
    made to lie where crun looks for it, there and nowhere else."""
    check(libc.unshare(CLONE_NEWNS), "unshare")
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount")
    if not os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        if os.path.exists("/sys/fs/cgroup/unified/cgroup.controllers"):
            result = libc.mount(b"/sys/fs/cgroup/unified", b"/sys/fs/cgroup", None, MS_BIND, None)
            check(result, "mount")


def cgroup_parent(path):
    """Passes on to a cgroup, and to what is made in it, the controllers that there are."""
    for directory in "/sys/fs/cgroup", path:
        with open(f"{directory}/cgroup.controllers") as file:
            wanted = {"cpu", "memory", "pids"}.intersection(file.read().split())
        for controller in wanted:
            with open(f"{directory}/cgroup.subtree_control", "w") as file:
                file.write(f"+{controller}")
    return path
