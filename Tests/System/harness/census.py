"""Counts what a sandbox could leave behind on the host.

A census is a set of things in words: comparing two says not only that something leaked but what.
Processes and namespaces are those of this test run's descendants; the run is a subreaper, so that
an orphan cannot get away from it.
"""

import contextlib
import ctypes
import os
import pathlib
import re
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36

# systemd removes a scope's cgroup and unit a moment after its last process is gone, which on a
# starved machine is a long one. Only where something was left is all of it waited for.
SETTLE_SECONDS = 60

NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


def become_subreaper():
    """Orphans of this process's descendants become its children: prctl(2)."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError("prctl(PR_SET_CHILD_SUBREAPER)")


def _text(path):
    try:
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()
    except OSError:
        return ""


def _processes():
    """Every process: pid → (parent, name, state)."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        match = re.match(r"\d+ \((.*)\) (\S) (\d+)", _text(f"/proc/{entry}/stat"), re.DOTALL)
        if match:
            found[int(entry)] = (int(match[3]), match[1], match[2])
    return found


def descendants():
    """This process's descendants: pid → (parent, name, state)."""
    processes = _processes()
    family = {os.getpid()}
    grown = True
    while grown:
        grown = False
        for pid, (parent, _, _) in processes.items():
            if parent in family and pid not in family:
                family.add(pid)
                grown = True
    return {pid: processes[pid] for pid in family if pid in processes and pid != os.getpid()}


def _link(path):
    try:
        return os.readlink(path)
    except OSError:
        return None


def _files(directory, depth, ignored):
    """The names below a directory, `depth` levels deep."""
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if any(entry.path.startswith(path) for path in ignored):
            continue
        yield entry.path
        if depth > 1 and entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, depth - 1, ignored)


class Census:
    """Knows where to look on this host; `take()` looks."""

    def __init__(self, cgroup_root, ignored=(), systemd=False):
        self.cgroup_root = str(cgroup_root)
        self.ignored = tuple(str(path) for path in ignored)
        self.systemd = systemd
        # What there was when somebody last asked what was left.
        self.latest = None

    def take(self):
        """Everything there is now, in words."""
        return frozenset(
            [
                *self._cgroups(),
                *self._mounts(),
                *self._loop_devices(),
                *self._family(),
                *self._temporary_files(),
                *self._shared_memory(),
                *self._interfaces(),
                *self._units(),
            ]
        )

    def left_behind(self, before):
        """What is there that was not there `before`, once the host has settled."""
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            self.latest = self.take()
            more = self.latest - before
            if not more or time.monotonic() > end:
                return sorted(more)
            time.sleep(0.05)

    def _cgroups(self):
        for directory, _, _ in os.walk(self.cgroup_root):
            # systemd's own units come and go; ours and everything below a delegation do not.
            if not self.systemd or "bulkhead" in directory.removeprefix(self.cgroup_root):
                yield f"cgroup {directory}"

    def _mounts(self):
        for line in _text("/proc/self/mountinfo").splitlines():
            yield f"mount {' '.join(line.split()[3:])}"

    def _loop_devices(self):
        for device in pathlib.Path("/sys/block").glob("loop*"):
            backing = _text(device / "loop/backing_file").strip()
            if backing:
                yield f"loop device {device.name} of {backing}"

    def _family(self):
        mine = {kind: _link(f"/proc/self/ns/{kind}") for kind in NAMESPACES}
        for pid, (_, name, state) in descendants().items():
            yield f"{'zombie' if state == 'Z' else 'process'} {pid} {name}"
            for kind in NAMESPACES:
                link = _link(f"/proc/{pid}/ns/{kind}")
                if link and link != mine[kind]:
                    yield f"namespace {link}"
        for number in os.listdir("/proc/self/fd"):
            link = _link(f"/proc/self/fd/{number}")
            if link:
                yield f"descriptor {number} {link.split(':')[0]}"

    def _temporary_files(self):
        for directory, depth in (("/", 1), ("/tmp", 2), ("/var/tmp", 2), ("/var/lib", 1),
                                 ("/dev", 1), ("/dev/shm", 1), ("/dev/mqueue", 1), ("/etc", 1),
                                 ("/home", 2), ("/mnt", 1), ("/usr", 1), ("/run", 1),
                                 ("/run/bulkhead", 4), ("/run/systemd/transient", 1),
                                 ("/var/lib/bulkhead", 4)):
            for path in _files(directory, depth, self.ignored):
                yield f"file {path}"

    def _shared_memory(self):
        for kind in ("shm", "sem", "msg"):
            for line in _text(f"/proc/sysvipc/{kind}").splitlines()[1:]:
                yield f"System V {kind} {line.split()[1]}"

    def _interfaces(self):
        with contextlib.suppress(OSError):
            for name in os.listdir("/sys/class/net"):
                yield f"interface {name}"

    def _units(self):
        if not self.systemd:
            return
        listing = subprocess.run(
            ["systemctl", "list-units", "--all", "--plain", "--no-legend", "bulkhead*"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True,
        )
        for line in listing.stdout.splitlines():
            name = line.split()[0]
            # The slice that all projects share stays, as design.md says; the job runs the tests.
            if name not in ("bulkhead.slice", "bulkhead-job.service"):
                yield f"unit {name}"
