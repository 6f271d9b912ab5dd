"""Limits of services and of projects under a real kernel with every controller."""

import pathlib
import time

import pytest

from harness.daemon import eventually
from harness.unit import properties, slice_of

pytestmark = pytest.mark.machine

# Takes so many MiB, touches each page, and stays.
EATER = ("import sys, time\n"
         "held = []\n"
         "for _ in range({mebibytes}):\n"
         "    held.append(bytearray(b'x' * (1 << 20)))\n"
         "    time.sleep(0.002)\n"
         "print('full', flush=True)\n"
         "time.sleep(3600)\n")
FORKER = ("import os, time\n"
          "children = 0\n"
          "try:\n"
          "    while children < 200:\n"
          "        if os.fork() == 0:\n"
          "            time.sleep(3600)\n"
          "        children += 1\n"
          "except BlockingIOError:\n"
          "    open('count', 'w').write(str(children))\n"
          "time.sleep(3600)\n")


def service(name, program, extra=""):
    text = f"{name}:\n  restart: no\n  command:\n    - python3\n    - -c\n    - |\n"
    text += "".join(f"      {line}\n" for line in program.splitlines())
    return text + "".join(f"  {line}\n" for line in extra.splitlines())


def ended(daemon, project, workload):
    def find():
        return [run for run in daemon.call("Runs", {"project": project})["runs"]
                if run["workload"] == workload and run["state"] == "ended"]
    return eventually(find, f"{project}/{workload} has ended")[0]


def test_a_service_above_its_memory_limit_is_killed_and_the_cause_says_so(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", service("greedy", EATER.format(mebibytes=64), "limits: { memory: 24M }")
        + "modest: { command: [/bin/sleep, infinity] }", "limits: { memory: 256M }"))
    daemon.start()
    run = ended(daemon, "shop", "greedy")
    assert run["exit_status"] == 137
    assert run["cause"].startswith("killed: memory.max 24M reached"), run
    told = daemon.cli("runs", "shop").stdout
    assert "memory.max 24M reached" in told, told
    # Nobody else paid for it.
    assert daemon.service("shop", "modest")["restarts"] == 0
    assert daemon.service("shop", "modest")["phase"] == "running"
    assert daemon.service("shop", "greedy")["phase"] in ("stopped", "parked")


def test_a_projects_memory_limit_holds_over_all_its_services_together(daemon):
    # Each alone is far below it.
    eaters = "".join(service(f"eater{n}", EATER.format(mebibytes=40)) for n in range(3))
    daemon.configure("projects:\n" + daemon.project("shop", eaters, "limits: { memory: 80M }"))
    daemon.start()

    def killed():
        return [run for run in daemon.call("Runs", {"project": "shop"})["runs"]
                if run["state"] == "ended"]
    first = eventually(killed, "one of them is killed")[0]
    assert first["exit_status"] == 137
    assert first["cause"].startswith("killed: memory.max 80M reached"), first
    assert properties(slice_of("shop"), "MemoryMax") == {"MemoryMax": str(80 << 20)}
    shown = daemon.show("shop")
    assert shown["memory_bytes"] <= 80 << 20
    # Its init is the last that the kernel would take, and the project goes on.
    assert shown["phase"] == "active"


def test_a_projects_processes_are_limited_together_and_so_are_a_services(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", service("forker", FORKER), "limits: { pids: 20 }") + daemon.project(
        "other", service("forker", FORKER, "limits: { pids: 12 }"), "limits: { pids: 100 }"))
    for name in ("shop", "other"):
        daemon.project_directory(name).chmod(0o777)
    daemon.start()
    counts = {}
    for name in ("shop", "other"):
        path = daemon.project_directory(name) / "count"
        counts[name] = int(eventually(lambda p=path: p.exists() and p.read_text(), "it is full"))
    # 20 with init and the one that forks; 12 with the one that forks.
    assert counts == {"shop": 18, "other": 11}
    assert daemon.show("shop")["processes"] == 20


def processor_microseconds(directory):
    text = pathlib.Path(directory, "cpu.stat").read_text(encoding="ascii")
    return int(dict(line.split() for line in text.splitlines())["usage_usec"])


def test_a_paused_project_uses_no_processor_and_goes_on_where_it_was(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "busy", 'spin: { command: [/bin/sh, -c, "while :; do :; done"] }', "limits: { cpu: 0.5 }"))
    daemon.start()
    shown = daemon.await_ready("busy")
    before = processor_microseconds(shown["cgroup"])
    eventually(lambda: processor_microseconds(shown["cgroup"]) > before + 200_000, "it spins")
    daemon.cli("pause", "busy")
    frozen = processor_microseconds(pathlib.Path(shown["cgroup"], "services"))
    time.sleep(3)
    assert processor_microseconds(pathlib.Path(shown["cgroup"], "services")) == frozen
    # Neither a supervisor that dies nor its successor lets it go on.
    daemon.kill()
    daemon.start()
    assert daemon.show("busy")["phase"] == "paused"
    assert processor_microseconds(pathlib.Path(shown["cgroup"], "services")) == frozen
    daemon.cli("resume", "busy")
    eventually(lambda: processor_microseconds(shown["cgroup"]) > before + 500_000, "it spins again")
    after = daemon.show("busy")["services"][0]
    assert (after["pid"], after["restarts"]) == (shown["services"][0]["pid"], 0)


def test_the_processor_limit_of_a_project_holds(daemon):
    spinners = "\n".join(f'spin{n}: {{ command: [/bin/sh, -c, "while :; do :; done"] }}'
                         for n in range(2))
    daemon.configure("projects:\n" + daemon.project("busy", spinners, "limits: { cpu: 0.2 }"))
    daemon.start()
    directory = daemon.await_ready("busy")["cgroup"]
    start, used = time.monotonic(), processor_microseconds(directory)
    time.sleep(10)
    used = processor_microseconds(directory) - used
    # A fifth of a processor, and one period more.
    assert used <= 0.25e6 * (time.monotonic() - start), used


def test_other_limits_apply_to_what_runs(daemon):
    sleeper = "main: { command: [/bin/sleep, infinity] }"

    def configure(limits):
        daemon.configure("projects:\n" + daemon.project("shop", sleeper, f"limits: {limits}"))
    configure("{ memory: 64M, pids: 20 }")
    daemon.start()
    before = daemon.await_ready("shop")
    configure("{ memory: 96M, pids: 30, cpu: 0.5, cpu_weight: 300 }")
    daemon.cli("config", "apply")
    wanted = {"MemoryMax": str(96 << 20), "TasksMax": "30", "CPUQuotaPerSecUSec": "500ms",
              "CPUWeight": "300"}
    eventually(lambda: properties(slice_of("shop"), *wanted) == wanted, "systemd says the new ones")
    kernel = pathlib.Path(before["cgroup"]).parent
    assert (kernel / "memory.max").read_text() == f"{96 << 20}\n"
    assert (kernel / "pids.max").read_text() == "30\n"
    after = daemon.show("shop")
    assert after["services"][0]["pid"] == before["services"][0]["pid"]
    assert after["memory_max_bytes"] == 96 << 20
