"""Fifteen projects of mixed kinds from one file, as systemd sees them."""

import json
import pathlib
import re

import pytest

from harness.daemon import PATIENCE_SECONDS
from harness.unit import command, properties, scope_of, slice_of

pytestmark = pytest.mark.machine

SLEEPER = "main: { command: [/bin/sleep, infinity] }"


def server(port, check="http"):
    """A web server that is ready when it is asked and answers."""
    wanted = f"{{port: {port}, path: /index.html}}" if check == "http" else str(port)
    return (f"web:\n  command: [python3, -m, http.server, \"{port}\", --bind, 127.0.0.1]\n"
            f"  health:\n    readiness: {{ {check}: {wanted}, interval: 1s, timeout: 20s }}\n"
            # Emulated, it may take its time before it listens.
            f"    liveness: {{ {check}: {wanted}, interval: 5s, timeout: 30s,"
            " failure_threshold: 60 }")


HEARTBEAT = ('beat:\n  command: [/bin/sh, -c, "while :; do touch /tmp/beat; sleep 1; done"]\n'
             "  health:\n    readiness: { file: { path: /tmp/beat, max_age: 1m }, interval: 1s }\n"
             "    liveness: { file: { path: /tmp/beat, max_age: 2m }, interval: 5s }")
ASKED = ('main:\n  command: [/bin/sh, -c, "sleep 2; touch /tmp/up; exec sleep infinity"]\n'
         "  health:\n    startup: { exec: [test, -f, /tmp/up], interval: 1s, timeout: 30s,"
         " failure_threshold: 60 }\n"
         "    liveness: { exec: [test, -f, /tmp/up], interval: 5s, timeout: 30s }")
NOTIFYING = (
    "main:\n  command:\n    - python3\n    - -c\n    - |\n"
    "      import os, socket, time\n"
    "      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    "      s.connect(os.environ['NOTIFY_SOCKET'])\n"
    "      time.sleep(1)\n"
    "      s.send(b'READY=1')\n"
    "      while True:\n"
    "          s.send(b'WATCHDOG=1')\n"
    "          time.sleep(2)\n"
    "  health: { notify: true, watchdog: 2m }")
FINISHING = 'main: { command: [/bin/sh, -c, "echo done > done"], restart: no }'
# One after the other, and each ready before the next.
CHAIN = (HEARTBEAT + "\nlast:\n  command: [/bin/sleep, infinity]\n  after: [beat, middle]\n"
         "middle:\n  command: [/bin/sleep, infinity]\n  after: [beat]")

# Name, services, dependencies, limits.
KINDS = (
    ("database", server(5432, "tcp"), [], "memory: 96M, memory_high: 64M, pids: 40, cpu: 0.5"),
    ("cache", HEARTBEAT, [], "memory: 32M, pids: 16, cpu: 25%, cpu_weight: 50"),
    ("queue", NOTIFYING, ["database"], "memory: 64M, swap: 16M"),
    ("shop", server(8080), ["database", "cache"], "memory: 128M, cpu_weight: 400"),
    ("shop-admin", server(8080), ["shop"], "memory: 128M"),
    ("api.v2", server(8081), ["database", "queue"], "pids: 30"),
    ("mailer", ASKED, ["queue"], ""),
    ("reports", CHAIN, ["api.v2"], ""),
    ("migrations", FINISHING, ["database"], ""),
    ("site", server(80), ["migrations"], "", "capabilities: [NET_BIND_SERVICE]"),
    ("cron_1", SLEEPER, [], "memory: 16M"),
    ("sleepers", "\n".join(SLEEPER.replace("main", f"s{n}") for n in range(4)), [], ""),
    ("agents", "", [], "memory: 1G, pids: max"),
    ("worker", HEARTBEAT, ["queue", "cache"], "cpu: 1.5"),
    ("front", server(3000), ["shop", "site", "api.v2"], ""),
)


def configuration(installed):
    text = "projects:\n"
    for name, services, dependencies, limits, *more in KINDS:
        extra = f"dependencies: {json.dumps(dependencies)}\nlimits: {{ {limits} }}\n"
        directory = installed.project_directory(name)
        (directory / "index.html").write_text("hello\n", encoding="ascii")
        directory.chmod(0o777)
        text += installed.project(name, services, extra + "\n".join(more))
    return text


def test_fifteen_projects_come_up_from_one_file_in_their_order(installed):
    assert len(KINDS) == 15
    installed.configure("projects: {}\n")
    installed.start()
    installed.configure(configuration(installed))
    # Of a file that is right and does nothing yet.
    installed.cli("config", "check")
    plan = json.loads(installed.cli("config", "apply", "--plan", "--json").stdout)
    assert [change["verb"] for change in plan["changes"]] == ["add"] * 15
    assert json.loads(installed.cli("projects", "--json").stdout)["projects"] == []

    installed.cli("config", "apply")
    for name, *_ in KINDS:
        # Fifteen start at once, most with an interpreter: emulated, that takes its time.
        installed.await_ready(name, seconds=4 * PATIENCE_SECONDS)
    # All at one moment.
    shown = {each["name"]: each for each in installed.call("List")["projects"]}
    for name, project in shown.items():
        assert project["phase"] == "active", name
        for service in project["services"]:
            assert service["ready"] and service["restarts"] == 0, (name, service)
            assert service["health"] in ("healthy", "unknown"), (name, service)
            assert service["health"] == "healthy" or not service["checks"], (name, service)

    check_order(shown)
    check_units(shown)
    check_limits()
    listed = installed.cli("projects").stdout
    assert all(name in listed for name in shown), listed
    assert (installed.project_directory("migrations") / "done").read_text() == "done\n"
    # Nothing of it is wanted any more: dependants go first, and nothing refuses.
    for name in ("front", "shop-admin"):
        installed.cli("stop", name)


def check_order(shown):
    """What others need was there before them."""
    for name, _, dependencies, *_ in KINDS:
        for needed in dependencies:
            assert shown[needed]["uptime_ms"] > shown[name]["uptime_ms"], (name, needed)
    reports = {each["name"]: each["uptime_ms"] for each in shown["reports"]["services"]}
    assert reports["beat"] > reports["middle"] > reports["last"], reports


def check_units(shown):
    """systemctl status tells all of them, with their processes."""
    status = command("systemctl", "status", "--no-pager", "--full", "bulkhead.slice")
    print(status)
    # Those of one group are as wide as its widest: " 9837" beside "10021".
    processes = set(map(int, re.findall(r"─ *(\d+) ", status)))
    for name, project in shown.items():
        assert f"─{slice_of(name)}" in status, name
        assert f"─{scope_of(name)}" in status, name
        assert project["pid"] in processes, name
        for service in project["services"]:
            if service.get("pid"):
                assert service["pid"] in processes, (name, service["name"])
        found = properties(scope_of(name), "ActiveState", "Slice", "Delegate", "ControlGroup")
        assert found.pop("ControlGroup") in project["cgroup"]
        assert found == {"ActiveState": "active", "Slice": slice_of(name), "Delegate": "yes"}


MIB = 1 << 20
WANTED = {
    "database": {"MemoryMax": 96 * MIB, "MemoryHigh": 64 * MIB, "MemorySwapMax": 0, "TasksMax": 40,
                 "CPUQuotaPerSecUSec": "500ms"},
    "cache": {"MemoryMax": 32 * MIB, "TasksMax": 16, "CPUQuotaPerSecUSec": "250ms", "CPUWeight": 50},
    "queue": {"MemoryMax": 64 * MIB, "MemorySwapMax": 16 * MIB},
    "shop": {"CPUWeight": 400, "MemoryMax": 128 * MIB},
    "cron_1": {"MemoryMax": 16 * MIB, "TasksMax": 256, "CPUQuotaPerSecUSec": "1s"},
    "agents": {"MemoryMax": 1024 * MIB, "TasksMax": "infinity"},
    "worker": {"CPUQuotaPerSecUSec": "1.500000s"},
    "mailer": {"MemoryMax": 512 * MIB, "MemorySwapMax": 0, "TasksMax": 256},
}


def check_limits():
    """What systemd says of a project's slice is what was asked, and what the kernel has."""
    for name, wanted in WANTED.items():
        found = properties(slice_of(name), "ControlGroup", *wanted)
        directory = pathlib.Path("/sys/fs/cgroup" + found.pop("ControlGroup"))
        assert found == {key: str(value) for key, value in wanted.items()}, name
        kernel = (directory / "memory.max").read_text().strip()
        assert kernel == str(wanted.get("MemoryMax", kernel)), name
