"""Every limit of the set, in force under a real kernel and told by systemd, whatever changes it."""

import pathlib
import re
import tempfile

import pytest

from harness import audit
from harness.daemon import eventually
from harness.unit import command, properties, slice_of

pytestmark = pytest.mark.machine

SLEEPER = "main: { command: [/bin/sleep, infinity], limits: %s }"
MEBI = 1 << 20


def configure(daemon, limits, own="{}"):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER % own, f"limits: {limits}"))


def kernel(daemon):
    """The directory of the project's slice."""
    return pathlib.Path(daemon.show("shop")["cgroup"]).parent


def said(directory, *names):
    """The first line of each control file; None where it is absent."""
    found = {}
    for name in names:
        try:
            found[name] = (directory / name).read_text().split("\n")[0]
        except FileNotFoundError:
            found[name] = None
    return found


FIRST = ("{ memory: 256M, memory_high: 200M, memory_low: 32M, memory_min: 16M, swap: 8M, cpu: 0.5, "
         "cpu_weight: 300, cpu_burst: 20ms, cpus: '0', cpu_min: 0.1, pids: 60, io_weight: 250, "
         "io: ['/:wbps=50M,riops=500'], open_files: 300, shm: 12M, "
         "hugetlb: {2M: 64M} }")
FIRST_SAID = {
    "memory.max": str(256 * MEBI), "memory.high": str(200 * MEBI), "memory.low": str(32 * MEBI),
    "memory.min": str(16 * MEBI), "memory.swap.max": str(8 * MEBI), "cpu.max": "50000 100000",
    "cpu.weight": "300", "cpu.max.burst": "20000", "cpuset.cpus": "0", "pids.max": "60",
    "io.weight": "default 250", "hugetlb.2MB.max": str(64 * MEBI)}
FIRST_TOLD = {
    "MemoryMax": str(256 * MEBI), "MemoryHigh": str(200 * MEBI), "MemoryLow": str(32 * MEBI),
    "MemoryMin": str(16 * MEBI), "MemorySwapMax": str(8 * MEBI), "CPUQuotaPerSecUSec": "500ms",
    "CPUWeight": "300", "AllowedCPUs": "0", "TasksMax": "60", "IOWeight": "250"}
SECOND = ("{ memory: 300M, swap: 0, cpu: 0.25, cpu_burst: 10ms, cpus: 0-1, pids: 50, "
          "open_files: 200, shm: 10M }")
SECOND_SAID = {
    "memory.max": str(300 * MEBI), "memory.high": "max", "memory.low": "0", "memory.min": "0",
    "memory.swap.max": "0", "cpu.max": "25000 100000", "cpu.weight": "100",
    "cpu.max.burst": "10000", "cpuset.cpus": "0-1", "pids.max": "50", "io.weight": "default 100",
    "io.max": "", "hugetlb.2MB.max": "max"}
SECOND_TOLD = {
    "MemoryMax": str(300 * MEBI), "MemoryHigh": "infinity", "MemoryLow": "0", "MemoryMin": "0",
    "MemorySwapMax": "0", "CPUQuotaPerSecUSec": "250ms", "CPUWeight": "[not set]",
    "AllowedCPUs": "0-1", "TasksMax": "50", "IOWeight": "[not set]"}


def open_files(pid):
    line = re.search(r"^Max open files +(\d+) +(\d+)", pathlib.Path(
        f"/proc/{pid}/limits").read_text(), re.M)
    return int(line[1]), int(line[2])


def size(pid, path):
    text = command("nsenter", "-t", str(pid), "-m", "df", "-B1", "--output=size", path)
    return int(text.split()[-1])


def ready(daemon):
    """The project once it is ready; else the reason why it is not."""
    shown = eventually(lambda: (found := daemon.show("shop")) and
                       (found["ready"] or "launch" in found.get("reason", "")) and found,
                       "shop is ready or says why not")
    assert shown["ready"], f"{shown}\n{daemon.text()}"
    return shown


def check_first(daemon):
    directory = kernel(daemon)
    assert said(directory, *FIRST_SAID) == FIRST_SAID
    assert properties(slice_of("shop"), *FIRST_TOLD) == FIRST_TOLD
    io = (directory / "io.max").read_text()
    assert f"wbps={50 * MEBI}" in io and "riops=500" in io, io
    # What is spared in it has to be spared above it too.
    above = said(directory.parent, "memory.min", "memory.low")
    assert int(above["memory.min"]) >= 16 * MEBI and int(above["memory.low"]) >= 32 * MEBI, above
    pid = daemon.show("shop")["services"][0]["pid"]
    assert open_files(pid) == (300, 300)
    assert size(pid, "/dev/shm") == 12 * MEBI


def test_every_limit_is_in_force_changes_live_and_outlives_the_supervisor(daemon):
    known = len(outside(daemon))
    configure(daemon, FIRST, "{ pids: 20, memory: 64M, cpus: '0', open_files: 300 }")
    daemon.start()
    before = ready(daemon)
    check_first(daemon)
    leaf = pathlib.Path(before["cgroup"], "services/main")
    assert said(leaf, "pids.max", "memory.max", "cpuset.cpus") == {
        "pids.max": "20", "memory.max": str(64 * MEBI), "cpuset.cpus": "0"}
    daemon.kill()
    daemon.start()
    check_first(daemon)

    configure(daemon, SECOND, "{ pids: 30, cpu: 0.1 }")
    daemon.cli("config", "apply")
    directory = kernel(daemon)
    eventually(lambda: said(directory, *SECOND_SAID) == SECOND_SAID, "the second ones are in force")
    assert properties(slice_of("shop"), *SECOND_TOLD) == SECOND_TOLD
    own = {"pids.max": "30", "memory.max": "max", "cpu.max": "10000 100000",
           "cpuset.cpus.effective": "0-1"}
    eventually(lambda: said(leaf, *own) == own, "so are those of its service")
    pid = daemon.show("shop")["services"][0]["pid"]
    assert pid == before["services"][0]["pid"]
    eventually(lambda: open_files(pid) == (200, 200), "and those of its processes")
    assert size(pid, "/dev/shm") == 10 * MEBI
    # Nothing of it was somebody else's.
    assert len(outside(daemon)) == known, outside(daemon)[known:]


def test_tmp_has_its_size_changes_live_and_may_not_hide_the_project(outside_tmp, daemon):
    configure(daemon, "{ memory: 64M, tmp: 8M }")
    daemon.start()
    pid = ready(daemon)["services"][0]["pid"]
    assert size(pid, "/tmp") == 8 * MEBI
    configure(daemon, "{ memory: 64M, tmp: 16M }")
    daemon.cli("config", "apply")
    eventually(lambda: size(pid, "/tmp") == 16 * MEBI, "it has grown")
    daemon.cli("quota", "set", "shop", "--tmp", "4M")
    assert size(pid, "/tmp") == 4 * MEBI
    # None can be put there while somebody uses what is there.
    refused = daemon.cli("quota", "set", "shop", "--shm", "4M", check=False)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1, refused
    assert "when the project starts" in refused.stderr and "bulkhead stop shop" in refused.stderr
    # Below /tmp it would be gone.
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        daemon.configure(f"projects:\n  hidden:\n    path: {place}\n    limits: {{ tmp: 8M }}\n"
                         "    services: { main: { command: [/bin/true] } }\n")
        daemon.cli("config", "apply")
        told = eventually(lambda: daemon.show("hidden").get("reason"), "it says why")
        assert "a /tmp of its own would hide" in told, told
        daemon.configure("projects: {}\n")
        daemon.cli("config", "apply")
    assert outside_tmp.is_dir()


def test_open_files_change_for_processes_that_run(daemon):
    configure(daemon, "{ open_files: 300 }")
    daemon.start()
    pid = ready(daemon)["services"][0]["pid"]
    assert open_files(pid) == (300, 300)
    for text, target in (("500", "shop"), ("120", "shop/main"), ("default", "shop/main"),
                         ("default", "shop")):
        daemon.cli("quota", "set", target, "--open-files", text)
        wanted = {"500": 500, "120": 120}.get(text, 500 if target == "shop/main" else 300)
        assert open_files(pid)[1] == wanted, (text, target)
    # What is started from now on has it too.
    daemon.cli("quota", "set", "shop", "--open-files", "64")
    assert daemon.cli("exec", "shop", "--", "/bin/sh", "-c", "ulimit -Hn").stdout == "64\n"


def outside(daemon):
    return [line for line in daemon.reports().splitlines() if "changed by somebody else" in line]


def test_what_an_administrator_changes_is_noticed_and_stays(daemon):
    configure(daemon, "{ memory: 128M, pids: 40 }")
    daemon.start()
    daemon.await_ready("shop")
    known = len(outside(daemon))
    command("systemctl", "set-property", "--runtime", slice_of("shop"), "TasksMax=33")
    eventually(lambda: [line for line in outside(daemon)[known:] if "pids is 33 now" in line],
               "the change of pids is told")
    directory = kernel(daemon)
    (directory / "memory.max").write_text(str(96 * MEBI))
    eventually(lambda: [line for line in outside(daemon)[known:]
                        if "memory is 96M now and was 128M" in line], "that of memory too")
    assert said(directory, "pids.max", "memory.max") == {
        "pids.max": "33", "memory.max": str(96 * MEBI)}
    # Each of them once.
    assert len(outside(daemon)) == known + 2, outside(daemon)[known:]
    # Who it was is not known, and it was not Bulkhead. One record each.
    names = ("EVENT", "LIMIT", "FROM", "TO", "VIA", "ACTOR", "ACTOR_UID")
    told = sorted(tuple(record.get(f"BULKHEAD_{name}") for name in names)
                  for record in audit.events(daemon, "limit.changed", "quota.changed"))
    assert told == [
        ("limit.changed", limit, before, after, "outside", "somebody outside", None)
        for limit, before, after in (("memory", "128M", "96M"), ("pids", "40", "33"))]


def test_a_class_is_installed_and_holds_below_what_is_said(daemon):
    configure(daemon, "{ class: agent-small, pids: 199 }", "{ class: small }")
    daemon.start()
    daemon.await_ready("shop")
    wanted = {"memory.max": str(512 * MEBI), "memory.high": str(460 * MEBI), "pids.max": "199",
              "cpu.max": "50000 100000", "cpu.max.burst": "25000", "cpu.weight": "50",
              "io.weight": "default 100"}
    directory = kernel(daemon)
    assert said(directory, *wanted) == wanted
    leaf = pathlib.Path(daemon.show("shop")["cgroup"], "services/main")
    assert said(leaf, "memory.max") == {"memory.max": str(256 * MEBI)}
    configure(daemon, "{ class: agent-smal }")
    refused = daemon.cli("config", "apply", check=False)
    assert refused.returncode != 0
    assert "did you mean 'agent-small'?" in refused.stdout + refused.stderr
