"""A supervisor of a benchmark's own, and what the processes of one take. Standard library only."""

import contextlib
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
for beside in (HERE.parent / "launch", HERE.parent.parent / "Tests/System", HERE.parent / "System"):
    sys.path.insert(0, str(beside))
import measure  # noqa: E402
from harness import daemon as daemons  # noqa: E402

MANAGED = os.path.isdir("/run/systemd/system")  # sd_booted(3)


class CgroupRoot:
    """Where sandboxes' cgroups are made; natively a directory of our own, gone in the end."""

    def __init__(self):
        if MANAGED:
            self.path = pathlib.Path("/sys/fs/cgroup")
            return
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            mounts = [line.split()[4] for line in file if " - cgroup2 " in line]
        self.path = pathlib.Path(mounts[0]) / f"bulkhead-bench-{os.getpid()}"
        self.path.mkdir()
        # By then something else may be mounted on the way there.
        self.parent = os.open(mounts[0], os.O_PATH)

    def remove(self):
        if not MANAGED:
            os.rmdir(self.path.name, dir_fd=self.parent)


def supervisor(directory, root, program):
    """A supervisor that is not started yet; `program` is its bulkheadd."""
    made = daemons.Daemon(directory, root, MANAGED)
    made.program = pathlib.Path(program)
    made.client = str(pathlib.Path(program).with_name("bulkhead")) if not MANAGED \
        else "/usr/bin/bulkhead"
    return made


def end(supervisor):
    """Ends it and its projects; what it logged is of use only where a test failed."""
    with contextlib.redirect_stdout(None):
        supervisor.end()


def resident_kib(pid):
    return measure.kib(pid, "status", "VmRSS")


def proportional_kib(pid):
    """A share of pages that others map too, and all that is its own."""
    return measure.kib(pid, "smaps_rollup", "Pss")


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rsplit(b")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def scheduled_nanoseconds(pid):
    """Time on a processor, finer than clock ticks: proc_pid_schedstat(5)."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0])
