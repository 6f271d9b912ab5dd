"""bulkhead.service on a machine that systemd runs: ready, reloaded, restarted, killed, exchanged."""

import os
import pathlib
import shutil
import signal
import time

import pytest

from harness import unit
from harness.daemon import eventually
from harness.unit import command, properties

pytestmark = pytest.mark.machine

SLEEPER = "main: { command: [/bin/sleep, infinity] }"
NAMES = ("shop", "api-gw", "ledger")
# What systemd-analyze says of the unit: docs/operating.md has the figure. 10 is no confinement.
EXPOSURE_MAX = 8.2


def projects(installed, names=NAMES, services=SLEEPER, extra=""):
    return "projects:\n" + "".join(installed.project(name, services, extra) for name in names)


@pytest.fixture
def running(installed):
    """The installed supervisor with three projects that are ready."""
    installed.configure(projects(installed))
    installed.start()
    for name in NAMES:
        installed.await_ready(name)
    return installed


def identities(supervisor):
    return {name: supervisor.await_ready(name) for name in NAMES}


def check_unbroken(before, supervisor):
    """The same processes, and their clocks have gone on."""
    for name, old in before.items():
        new = supervisor.await_ready(name)
        assert new["pid"] == old["pid"], name
        assert new["uptime_ms"] > old["uptime_ms"], name
        one, other = old["services"][0], new["services"][0]
        assert (other["pid"], other["run"], other["restarts"]) == (one["pid"], one["run"], 0), name
        assert other["uptime_ms"] > one["uptime_ms"], name


def journal_since(cursor):
    command("journalctl", "--sync")
    return command("journalctl", "--quiet", "--output=cat", f"--unit={unit.UNIT}",
                   f"--after-cursor={cursor}")


def cursor():
    command("journalctl", "--sync")
    text = command("journalctl", "--quiet", "--lines=1", "--show-cursor", "--output=cat")
    return text.rpartition("-- cursor: ")[2].strip()


def test_starting_it_returns_when_it_answers(installed):
    installed.configure(projects(installed, ["shop"]))
    command("systemctl", "start", unit.UNIT)
    with installed.connect() as connection:
        assert [each["name"] for each in connection.call("List")["projects"]] == ["shop"]
    installed.await_ready("shop")
    assert eventually(lambda: installed.status_text == "1 projects, 1 ready",
                      f"the status: {installed.status_text}")
    found = properties(unit.UNIT, "Type", "ActiveState", "SubState", "WatchdogUSec", "NRestarts")
    assert found == {"Type": "notify", "ActiveState": "active", "SubState": "running",
                     "WatchdogUSec": "30s", "NRestarts": "0"}
    assert "1 projects, 1 ready" in command("systemctl", "status", unit.UNIT)
    for line in installed.cli("status", "--json").stdout.splitlines():
        assert '"ok":false' not in line.replace(" ", "")


def test_reloading_applies_what_changed_and_nothing_of_what_is_wrong(running):
    before = identities(running)
    versions = running.call("ConfigurationHistory")["versions"]
    running.configure(projects(running, [*NAMES, "fourth"]))
    command("systemctl", "reload", unit.UNIT)
    running.await_ready("fourth")
    assert len(running.call("ConfigurationHistory")["versions"]) == len(versions) + 1

    since = cursor()
    running.configure(projects(running, ["fifth"]) + "  broken:\n    path: relative\n")
    command("systemctl", "reload", unit.UNIT)
    told = eventually(lambda: (text := journal_since(since)) and "refused" in text and text,
                      "the journal has why")
    assert "bulkhead.yaml:" in told and "relative" in told, told
    names = [each["name"] for each in running.call("List")["projects"]]
    assert sorted(names) == sorted([*NAMES, "fourth"])
    assert properties(unit.UNIT, "ActiveState")["ActiveState"] == "active"
    check_unbroken(before, running)


def test_restarted_stopped_or_killed_it_finds_every_sandbox_as_it_was(running):
    for name, exchange in (
        ("restart", lambda: command("systemctl", "restart", unit.UNIT)),
        ("stop and start", lambda: (command("systemctl", "stop", unit.UNIT),
                                    command("systemctl", "start", unit.UNIT))),
        ("SIGKILL", lambda: running.kill(signal.SIGKILL)),
        ("SIGABRT", lambda: running.kill(signal.SIGABRT)),
    ):
        before = identities(running)
        old = running.main_pid
        exchange()
        assert running.main_pid not in (0, old), name
        check_unbroken(before, running)


def test_an_upgrade_of_the_programs_leaves_every_sandbox_as_it_was(running):
    before = identities(running)
    inits = "/usr/libexec/bulkhead/bulkhead-init"
    for program in ("/usr/sbin/bulkheadd", inits, "/usr/bin/bulkhead"):
        # As scripts/install does it: the running one keeps its file.
        shutil.copy2(program, program + ".new")
        os.rename(program + ".new", program)
    assert os.readlink(f"/proc/{running.main_pid}/exe").endswith("(deleted)")
    command("systemctl", "restart", unit.UNIT)
    assert os.readlink(f"/proc/{running.main_pid}/exe") == "/usr/sbin/bulkheadd"
    check_unbroken(before, running)
    # New runs in an old sandbox, and a new sandbox.
    assert running.cli("exec", "shop", "--", "sh", "-c", "exit 7", check=False).returncode == 7
    old = before["shop"]["pid"]
    running.cli("restart", "shop")
    assert running.await_ready("shop")["pid"] != old


def test_one_that_hangs_is_ended_by_its_watchdog_and_replaced(installed):
    installed.override("WatchdogSec=4")
    installed.configure(projects(installed))
    installed.start()
    before = identities(installed)
    old = installed.main_pid
    # Longer than the watchdog allows: it says that it is well all the while.
    time.sleep(8)
    assert installed.main_pid == old
    os.kill(old, signal.SIGSTOP)
    eventually(lambda: installed.main_pid not in (0, old) and installed.answers(), "its successor")
    check_unbroken(before, installed)


def test_callers_wait_while_it_is_exchanged(running):
    # Both ends of a command that goes on through a restart.
    import threading
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(
        running.cli("exec", "shop", "--", "sh", "-c", "sleep 12; exit 5", check=False)))
    thread.start()
    eventually(lambda: any(run["kind"] == "exec" and run["state"] == "running" for run in
                           running.call("Runs", {"project": "shop"})["runs"]), "it runs")
    command("systemctl", "restart", unit.UNIT)
    thread.join()
    assert outcome[0].returncode == 5, outcome[0].stderr


def test_its_confinement_is_as_documented(running):
    report = command("systemd-analyze", "security", "--no-pager", unit.UNIT)
    print(report)
    last = report.strip().splitlines()[-1]
    exposure = float(last.split(":")[1].split()[0])
    assert exposure <= EXPOSURE_MAX, last
    status = pathlib.Path(f"/proc/{running.main_pid}/status").read_text(encoding="ascii")
    assert "NoNewPrivs:\t1" in status
