"""Callers as systemd and journald know them: who may not call, in which unit, and long requests."""

import json
import subprocess

import pytest

from harness.daemon import eventually
from harness.unit import command

pytestmark = pytest.mark.machine

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"


@pytest.fixture
def shop(installed):
    installed.configure("projects:\n" + installed.project("shop", SLEEPER))
    installed.start()
    installed.await_ready("shop")
    return installed


def journal(*matches):
    """As the documented commands show it: what journalctl will not print in JSON is null."""
    done = subprocess.run(
        ["journalctl", "-o", "json", "_SYSTEMD_UNIT=bulkhead.service", *matches],
        capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_who_may_not_call_is_told_what_to_do_and_recorded(shop):
    before = len(journal("BULKHEAD_EVENT=access.denied"))
    done = subprocess.run(
        ["runuser", "-u", "nobody", "--", "bulkhead", "stop", "shop"], capture_output=True,
        text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 4 and done.stderr.count("\n") == 1
    assert "does not listen to you" in done.stderr and "group bulkhead" in done.stderr
    found = eventually(lambda: journal("BULKHEAD_EVENT=access.denied")[before:], "its record")
    (record,) = found
    assert record["BULKHEAD_ACTOR"] == "nobody" and record["BULKHEAD_VIA"] == "cli"
    assert record["BULKHEAD_REQUEST"] == "io.bulkhead.Supervisor.Stop"
    assert shop.show("shop")["phase"] == "active"


def test_a_unit_is_the_machines_and_none_that_its_process_made_up(shop):
    script = """
        set -e
        own=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)
        mkdir $own/cron.service
        echo 0 > $own/cron.service/cgroup.procs
        exec bulkhead pause shop --reason unit
    """
    command("systemd-run", "--wait", "--pipe", "--collect", "-p", "Delegate=yes", "--unit=real.service",
            "sh", "-c", script)
    found = eventually(lambda: journal("BULKHEAD_EVENT=control.pause", "BULKHEAD_REASON=unit"),
                       "its record")
    assert found[-1]["BULKHEAD_ACTOR_UNIT"] == "real.service"


def test_a_long_request_is_shown_by_the_documented_command(shop):
    for padding in ("x" * 3_900, "x" * 20_000, "é" * 20_000):
        shop.call("Execute", {"project": "shop", "logged": True, "detached": True, "reason": "long",
                              "command": ["/bin/true", "marked", padding]})
    found = eventually(lambda: len(r := journal(
        "BULKHEAD_EVENT=control.execute", "BULKHEAD_REASON=long")) == 3 and r, "their records")
    for record in found:
        assert json.loads(record["BULKHEAD_REQUEST"])["command"][:2] == ["/bin/true", "marked"]
    begun = journal("BULKHEAD_EVENT=run.started", "BULKHEAD_PROJECT=shop")[-3:]
    assert all(each["BULKHEAD_COMMAND"].startswith("/bin/true marked ") for each in begun)
    assert all(each["BULKHEAD_COMMAND"].endswith("…") for each in begun[1:])
