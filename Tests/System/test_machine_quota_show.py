"""What quota show, stats and top say is what cgroupfs and systemd say, each read independently."""

import json
import pathlib

import pytest

from harness import shop
from harness.daemon import eventually
from harness.unit import properties, slice_of

pytestmark = pytest.mark.machine

# Takes 20 MiB, touches each page, and stays.
EATER = ["python3", "-c", "x = bytearray(b'x' * (20 << 20)); import time; time.sleep(86400)"]
SPIN = shop.sh("while :; do :; done")

FILES = {"memory": "memory.max", "memory_high": "memory.high", "memory_low": "memory.low",
         "memory_min": "memory.min", "swap": "memory.swap.max", "cpu": "cpu.max",
         "cpu_weight": "cpu.weight", "cpu_burst": "cpu.max.burst", "cpus": "cpuset.cpus",
         "pids": "pids.max", "io_weight": "io.weight"}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@pytest.fixture
def machine_shop(daemon):
    shop.start(
        daemon, {"web": {"command": EATER, "limits": {"memory": "64M", "pids": 20}},
                 "spin": {"command": SPIN, "limits": {"cpu": 0.2}}},
        "limits: { memory: 256M, memory_high: 200M, swap: 0, cpu: 0.5, cpu_weight: 50, pids: 64 }")
    for service in ("web", "spin"):
        shop.await_phase(daemon, service, "running")
    place = cgroup(daemon, "web")
    eventually(lambda: number(place, "memory.current") > 20 << 20, "web has its memory")
    return daemon


def cgroup(daemon, workload=None):
    scope = pathlib.Path(daemon.show("shop")["cgroup"])
    return scope / "services" / workload if workload else scope.parent


def read(place, name):
    return (place / name).read_text().strip()


def number(place, name):
    return int(read(place, name))


def keyed(place, name, key):
    return int(dict(line.split() for line in read(place, name).splitlines())[key])


def meant(name, text):
    """What a limit's text says, in what its control file counts in."""
    if text == "max":
        return "max"
    if name == "cpu":
        return round(float(text) * 1000)
    if name in ("cpus",):
        return text
    if name == "cpu_burst":
        return int(text.rstrip("ums") or 0) * (1000 if text.endswith("ms") else 1)
    unit = text[-1] if text[-1] in UNITS else ""
    return int(text.removesuffix(unit)) * UNITS[unit]


def found(place, name):
    text = read(place, FILES[name])
    if name == "cpu":
        quota, period = text.split()
        return "max" if quota == "max" else int(quota) * 1000 // int(period)
    if name == "io_weight":
        return int(text.split()[-1])
    return text if text == "max" or name == "cpus" else int(text)


def limits(daemon, *arguments, status=0):
    outcome = daemon.cli("quota", "show", "shop", "--json", *arguments, check=False)
    assert outcome.returncode == status, outcome
    rows = json.loads(outcome.stdout)["quotas"][0]["limits"]
    return {(row.get("workload"), row["name"]): row for row in rows}


def agree(daemon, rows):
    """Every limit of these that the kernel has a file for."""
    compared = 0
    for (workload, name), row in rows.items():
        place = cgroup(daemon, workload)
        if name in FILES and "in_force" in row and (place / FILES[name]).exists():
            assert meant(name, row["in_force"]) == found(place, name), row
            compared += 1
    return compared


def test_every_limit_is_shown_as_the_kernel_has_it(machine_shop):
    rows = limits(machine_shop)
    assert agree(machine_shop, rows) >= 9
    configured = {(None, "memory"): "256M", (None, "memory_high"): "200M", (None, "swap"): "0",
                  (None, "cpu"): "0.5", (None, "cpu_weight"): "50", (None, "pids"): "64",
                  ("web", "memory"): "64M", ("web", "pids"): "20", ("spin", "cpu"): "0.2"}
    for key, text in configured.items():
        assert (rows[key]["configured"], rows[key]["in_force"]) == (text, text)
        # No swap is what a project has that does not say.
        source = "default" if key == (None, "swap") else "configuration"
        assert "alarm" not in rows[key] and rows[key]["source"] == source, rows[key]
    assert properties(slice_of("shop"), "MemoryMax", "MemoryHigh", "TasksMax", "CPUWeight",
                      "CPUQuotaPerSecUSec") == {
        "MemoryMax": str(256 << 20), "MemoryHigh": str(200 << 20), "TasksMax": "64",
        "CPUWeight": "50", "CPUQuotaPerSecUSec": "500ms"}


def test_what_is_in_use_is_what_the_kernel_counts(machine_shop):
    for workload in (None, "web"):
        place = cgroup(machine_shop, workload)

        def same():
            before = number(place, "memory.current"), number(place, "pids.current")
            rows = limits(machine_shop)
            after = number(place, "memory.current"), number(place, "pids.current")
            # Somebody who sleeps may still be charged a page; between two readings that are the
            # same there is one truth.
            return before == after and (rows, before)

        rows, (memory, processes) = eventually(same, f"{workload} keeps still for a moment")
        assert rows[workload, "memory"]["in_use"] == memory
        assert rows[workload, "pids"]["in_use"] == processes
        if (place / "memory.peak").exists():
            assert rows[workload, "memory"]["peak"] == number(place, "memory.peak")
        assert rows[workload, "memory"]["hits"] == keyed(place, "memory.events", "max")
        assert rows[workload, "pids"]["hits"] == keyed(place, "pids.events", "max")


def test_a_change_is_shown_by_all_of_them(machine_shop):
    machine_shop.cli("quota", "set", "shop", "--memory", "300M", "--cpu", "0.8", "shop/web",
                     "--pids", "30", "--reason", "a test")
    rows = limits(machine_shop)
    assert rows[None, "memory"]["in_force"] == "300M" and rows[None, "memory"]["source"] == "set"
    assert rows[None, "cpu"]["in_force"] == "0.8" and rows["web", "pids"]["in_force"] == "30"
    assert agree(machine_shop, rows) >= 9
    assert properties(slice_of("shop"), "MemoryMax") == {"MemoryMax": str(300 << 20)}
    history = machine_shop.cli("quota", "history", "shop").stdout
    assert history.count("a test") == 3, history
    machine_shop.cli("quota", "reset", "shop")
    rows = limits(machine_shop)
    assert rows[None, "memory"]["in_force"] == "256M" and rows[None, "cpu"]["in_force"] == "0.5"
    assert rows["web", "pids"]["in_force"] == "30"


def test_stats_are_what_the_cgroups_count(machine_shop):
    for workload in (None, "web"):
        place = cgroup(machine_shop, workload)

        def same():
            before = number(place, "memory.current"), keyed(place, "cpu.stat", "usage_usec")
            reply = json.loads(machine_shop.cli("stats", "shop", "--json").stdout)
            after = number(place, "memory.current"), keyed(place, "cpu.stat", "usage_usec")
            said = next(each for each in reply["projects"] if each.get("workload") == workload)
            return before[0] == after[0] and (said, before, after)

        said, before, after = eventually(same, f"{workload} keeps still for a moment")
        assert said["memory_bytes"] == before[0]
        assert before[1] <= said["cpu_us"] <= after[1]
        assert said["processes"] == number(place, "pids.current")
        assert said["memory_max_bytes"] == number(place, "memory.max")
        assert said["processes_max"] == number(place, "pids.max")
        assert {each["resource"] for each in said["pressure"]} == {"cpu", "memory", "io"}
    spin = next(each for each in json.loads(
        machine_shop.cli("stats", "--json").stdout)["projects"] if each.get("workload") == "spin")
    assert spin["cpu_millicores_max"] == 200 and "memory_max_bytes" not in spin


def test_top_shows_who_is_held_back(machine_shop):
    lines = machine_shop.cli("top", "--once", "--interval", "4s").stdout.splitlines()
    rows = {line.split()[0]: line.split() for line in lines[4:]}
    # It spins, and a fifth of a processor is what it may have.
    assert 10 <= float(rows["spin"][1].rstrip("%")) <= 25
    place = cgroup(machine_shop, "web")
    assert rows["web"][2].endswith("M") and float(rows["web"][2][:-1]) <= 64
    assert abs(float(rows["web"][2][:-1]) - number(place, "memory.current") / (1 << 20)) < 1
    assert rows["web"][4] == "64M" and rows["shop"][4] == "256M"
