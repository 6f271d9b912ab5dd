"""Every limit that quota show shows is what an independent reader finds, whoever changed it last.

The reader knows nothing of Bulkhead: it reads /sys/fs/cgroup, /proc and what systemctl show prints.
"""

import contextlib
import json
import pathlib
import re
import sqlite3

import pytest

from harness import shop
from harness.daemon import eventually
from harness.unit import command, properties, slice_of

pytestmark = pytest.mark.machine

UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}
FILES = {"memory": "memory.max", "memory_high": "memory.high", "memory_low": "memory.low",
         "memory_min": "memory.min", "swap": "memory.swap.max", "cpu": "cpu.max",
         "cpu_weight": "cpu.weight", "cpu_burst": "cpu.max.burst", "cpus": "cpuset.cpus",
         "pids": "pids.max", "io_weight": "io.weight", "hugetlb:2M": "hugetlb.2MB.max"}
# What systemd says of a slice, with what it says where nothing is limited.
PROPERTIES = {"memory": "MemoryMax", "memory_high": "MemoryHigh", "memory_low": "MemoryLow",
              "memory_min": "MemoryMin", "swap": "MemorySwapMax", "cpu": "CPUQuotaPerSecUSec",
              "cpu_weight": "CPUWeight", "cpus": "AllowedCPUs", "pids": "TasksMax",
              "io_weight": "IOWeight"}
# Kept by the supervisor and by nobody else: how many lines it takes, what it promises.
NOBODYS = {"log_rate", "cpu_min"}
LIMITS = ("{ memory: 256M, memory_high: 200M, memory_low: 16M, memory_min: 8M, swap: 0, cpu: 0.5, "
          "cpu_weight: 50, cpu_burst: 20ms, cpus: 0-1, cpu_min: 0.1, pids: 64, io_weight: 250, "
          "io: ['/:wbps=50M,riops=500'], open_files: 300, shm: 12M, tmp: 20M, "
          "hugetlb: {2M: 64M} }\nlog_rate: 500")
OWN = {"memory": "64M", "memory_high": "60M", "pids": 20, "cpu": 0.2, "open_files": 200}


def bytes_of(text):
    if text == "max":
        return text
    shift = UNITS.get(text[-1], 0)
    return int(text[:-1] if shift else text) << shift


def meant(name, text):
    """What a shown value says, in what the kernel counts in."""
    if text == "max" or name == "cpus" or name.startswith("io:"):
        return text
    if name == "cpu":
        return round(float(text) * 1000)
    if name == "cpu_burst":
        return int(text.removesuffix("us").removesuffix("ms")) * (1000 if "ms" in text else 1)
    return bytes_of(text)


def rates(text):
    """`wbps=50M,riops=500` as the kernel writes it, with max for what is not said."""
    found = {key: "max" for key in ("rbps", "wbps", "riops", "wiops")}
    for pair in text.split(",") if text != "max" else []:
        key, value = pair.split("=")
        found[key] = str(bytes_of(value))
    return found


class Reader:
    def __init__(self, daemon):
        scope = pathlib.Path(daemon.show("shop")["cgroup"])
        self.places = {None: scope.parent, "web": scope / "services/web"}
        self.pid = daemon.service("shop", "web")["pid"]

    def size(self, path):
        text = command("nsenter", "-t", str(self.pid), "-m", "df", "-B1", "--output=size", path)
        return int(text.split()[-1])

    def found(self, workload, name):
        place = self.places[workload]
        if name.startswith("io:"):
            lines = (place / "io.max").read_text().splitlines()
            return dict(pair.split("=") for pair in lines[0].split()[1:]) if lines else rates("max")
        if name == "open_files":
            text = pathlib.Path(f"/proc/{self.pid}/limits").read_text()
            return int(re.search(r"^Max open files +\d+ +(\d+)", text, re.M)[1])
        if name in ("tmp", "shm"):
            return self.size("/tmp" if name == "tmp" else "/dev/shm")
        text = (place / FILES[name]).read_text().split("\n")[0]
        if name == "cpu":
            quota, period = text.split()
            return "max" if quota == "max" else int(quota) * 1000 // int(period)
        if name == "cpus":
            return text or "max"
        return text if text == "max" else int(text.split()[-1])


def rows(daemon, statuses=(0,)):
    outcome = daemon.cli("quota", "show", "shop", "--json", check=False)
    assert outcome.returncode in statuses, outcome
    return json.loads(outcome.stdout)["quotas"][0]["limits"]


def check(daemon, reader):
    """Everything that is shown; the names of the limits that were compared."""
    compared = set()
    for row in rows(daemon):
        name, workload, shown = row["name"], row.get("workload"), row.get("in_force")
        assert "alarm" not in row, row
        if name in NOBODYS or name == "open_files" and not workload:
            continue  # Of each process: there is none of the project itself.
        found = reader.found(workload, name)
        said = rates(shown) if name.startswith("io:") else meant(name, shown)
        assert said == found, (row, found)
        compared.add((workload, name))
    told = properties(slice_of("shop"), *PROPERTIES.values())
    for name, key in PROPERTIES.items():
        file = reader.found(None, name)
        assert systemd(name, told[key]) == file, (name, told[key], file)
    return compared


def systemd(name, text):
    """A property in what the kernel counts in."""
    if text in ("infinity", "[not set]", ""):
        return 100 if name.endswith("weight") else "max"
    if name == "cpu":
        number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
        return round(float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])
    return text if name == "cpus" else int(text)


def journal(daemon):
    return [line for line in daemon.reports().splitlines() if "while no supervisor was there" in line]


@pytest.fixture
def reader(outside_tmp, daemon):  # pylint: disable=unused-argument
    shop.start(daemon, {"web": {"command": ["/bin/sleep", "infinity"], "limits": OWN}},
               f"limits: {LIMITS}")
    shop.await_phase(daemon, "web", "running")
    return Reader(daemon)


def test_all_that_is_shown_is_so_whoever_changed_it_last(daemon, reader):
    compared = check(daemon, reader)
    assert len([name for workload, name in compared if workload is None]) >= 15
    assert {name for workload, name in compared if workload} >= set(OWN)

    daemon.cli("quota", "set", "shop", "--memory", "300M", "--memory-high", "max", "--memory-low",
               "24M", "--memory-min", "12M", "--swap", "16M", "--cpu", "0.8", "--cpu-weight", "70",
               "--cpu-burst", "10ms", "--cpus", "0", "--pids", "80", "--io-weight", "300",
               "--io", "/:wbps=60M", "--open-files", "250", "--hugetlb", "2M:32M",
               "shop/web", "--memory", "80M", "--pids", "30", "--open-files", "150")
    assert check(daemon, reader) >= compared
    assert reader.found("web", "open_files") == 150

    # systemd's own command, three at once, then the files of both: all of them stay as they are.
    command("systemctl", "set-property", "--runtime", slice_of("shop"), "TasksMax=33",
            "MemoryMax=280M", "CPUWeight=20")
    (reader.places["web"] / "pids.max").write_text("17")
    (reader.places[None] / "memory.high").write_text(str(250 << 20))
    outside = {(None, "pids"): 33, (None, "memory"): 280 << 20, (None, "cpu_weight"): 20,
               ("web", "pids"): 17, (None, "memory_high"): 250 << 20}

    def noticed():
        # Before it is noticed, it is an alarm.
        shown = {(row.get("workload"), row["name"]) for row in rows(daemon, (0, 1))
                 if row["source"] == "outside"}
        return shown == set(outside)
    eventually(noticed, "all that others changed is shown as theirs")
    for (workload, name), value in outside.items():
        assert reader.found(workload, name) == value, name
    eventually(lambda: properties(slice_of("shop"), "MemoryHigh") == {
        "MemoryHigh": str(250 << 20)}, "systemd knows what was written to the files")
    assert check(daemon, reader) >= compared
    history = daemon.cli("quota", "history", "shop").stdout
    assert history.count("outside") == len(outside), history

    daemon.kill()
    daemon.start()
    assert check(daemon, reader) >= compared
    assert daemon.cli("quota", "history", "shop").stdout.count("outside") == len(outside)

    daemon.cli("quota", "reset", "shop")
    daemon.cli("quota", "reset", "shop/web")
    assert check(daemon, reader) >= compared
    assert {row["source"] for row in rows(daemon)} <= {"configuration", "default"}


def test_what_others_change_while_no_supervisor_is_there_is_told_and_stays(daemon, reader):
    known = len(journal(daemon))
    daemon.kill()
    command("systemctl", "set-property", "--runtime", slice_of("shop"), "TasksMax=44")
    (reader.places[None] / "memory.max").write_text(str(240 << 20))
    (reader.places["web"] / "memory.max").write_text(str(50 << 20))
    # No value that anybody could have asked for.
    (reader.places["web"] / "memory.high").write_text("8192")
    (reader.places["web"] / "memory.high").write_text(str(40 << 20))
    daemon.start()
    wanted = {(None, "pids"): 44, (None, "memory"): 240 << 20, ("web", "memory"): 50 << 20,
              ("web", "memory_high"): 40 << 20}
    for _ in range(2):
        for (workload, name), value in wanted.items():
            assert reader.found(workload, name) == value, name
        shown = {(row.get("workload"), row["name"]) for row in rows(daemon)
                 if row["source"] == "outside"}
        assert shown == set(wanted)
        check(daemon, reader)
        assert len(journal(daemon)) == known + len(wanted), journal(daemon)[known:]
        # Nor does the next one tell it again.
        daemon.kill()
        daemon.start()


def test_a_change_that_the_kernel_has_and_systemd_not_is_told_to_it(daemon, reader):
    daemon.kill()
    # As a death leaves it between the control file and the property.
    command("systemctl", "set-property", "--runtime", slice_of("shop"), "TasksMax=44")
    (reader.places[None] / "pids.max").write_text("64")
    with contextlib.closing(sqlite3.connect(daemon.state / "ledger.db")) as ledger:
        ledger.execute("UPDATE limits_in_force SET content = NULL")
        ledger.commit()
    daemon.start()
    eventually(lambda: properties(slice_of("shop"), "TasksMax") == {"TasksMax": "64"},
               "systemd knows it")
    check(daemon, reader)


def test_what_is_spared_for_projects_is_given_back_when_they_end(daemon, reader):
    above = reader.places[None].parent
    assert int((above / "memory.min").read_text()) == 8 << 20
    daemon.cli("stop", "shop")
    daemon.await_phase("shop", "stopped")
    eventually(lambda: int((above / "memory.min").read_text()) == 0, "nothing is spared")
    assert (above / "memory.low").read_text() == "0\n"
