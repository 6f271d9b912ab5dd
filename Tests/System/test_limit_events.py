"""Limits that are met, told as it happens: those that need no controllers. The others are in
test_machine_explain.py."""

import re
import subprocess

import pytest

from harness import audit, causes, chain, sandbox, shop
from harness.daemon import eventually

pytestmark = pytest.mark.native

HOARDER = ("import resource, time\n"
           "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
           "held = []\n"
           "for n in range(1, 200):\n"
           "    try:\n"
           "        held.append(open('/dev/null'))\n"
           "    except OSError as error:\n"
           "        print(error, flush=True)\n"
           "        time.sleep(0.1)\n"
           "time.sleep(3600)\n")


def events_of(daemon, kind, command, seconds=90):
    """What is told of this kind while a command runs, up to the first summary."""
    found = []
    with daemon.connect() as watching:
        watching.send("Watch", {"project": "shop"}, more=True)
        run = daemon.call("Execute", {
            "project": "shop", "command": command, "workload": "hog", "logged": True,
            "detached": True})["run"]

        def told():
            reply = watching.receive()["parameters"]
            if reply["kind"] == kind:
                found.append(reply)
            return any("more in" in each["text"] for each in found)
        eventually(told, f"{kind} is told and counted", seconds)
    return run, found


def test_open_files_that_run_out_are_told_once_and_then_counted(daemon, tmp_path):
    shop.start(daemon, {"idle": {}})
    daemon.await_phase("shop", "active")
    run, found = events_of(daemon, "fd.limit", causes.python(HOARDER))
    # Some hundred refusals: a line at once, and one with their count.
    assert len(found) == 2, found
    assert "open files of 40" in found[0]["text"] and found[1]["text"][0].isdigit(), found
    assert (found[0]["workload"], found[0]["run"]) == ("hog", run)
    # The records have their number as a field, and so the report adds them up.
    told = audit.events(daemon, "fd.limit")
    counts = [int(record["BULKHEAD_COUNT"]) for record in told]
    assert counts == [1, int(found[1]["text"].split()[0])] and counts[1] > 1, told
    export = chain.export(tmp_path / "day.export", [r | {"BULKHEAD_HASH": chain.digest(r)} for r in told])
    report = subprocess.run([sandbox.find_program(), "audit", "report", "--since", "1d", "--journal", export],
                            check=True, capture_output=True, text=True).stdout
    assert f"| shop/hog | fd.limit | {sum(counts)} |" in report, report
    evidence = daemon.call("Explain", {"run": run})["evidence"]
    assert any(line.startswith("open files: ") for line in evidence), evidence


def test_of_lines_that_are_not_logged_the_lines_are_counted(daemon):
    shop.start(daemon, {"idle": {}})
    daemon.await_phase("shop", "active")
    daemon.call("Execute", {"project": "shop", "workload": "hog", "logged": True, "detached": True,
                            "command": causes.python("for n in range(30_000): print(n)\n")})
    record = eventually(lambda: audit.events(daemon, "log.suppressed"), "it is told")[0]
    lines = re.search(r"(\d+) lines? w\w+ not logged", record["MESSAGE"])[1]
    assert record["BULKHEAD_COUNT"] == lines != "1", record


@pytest.mark.both
def test_words_alone_are_no_limit_that_was_met(daemon):
    shop.start(daemon, {"idle": {}})
    daemon.await_phase("shop", "active")
    with daemon.connect() as watching:
        watching.send("Watch", {"project": "shop"}, more=True)
        run = daemon.call("Execute", {
            "project": "shop", "workload": "liar", "logged": True, "detached": True,
            "command": shop.sh("for n in 1 2 3; do echo Too many open files; sleep 1.1; done")})["run"]
        eventually(lambda: daemon.call("Explain", {"run": run})["state"] == "ended", "it has ended")
        daemon.call("Stop", {"project": "shop"})
        kinds = []

        def stopped():
            kinds.append(watching.receive()["parameters"]["kind"])
            return kinds[-1] == "project.stopped"
        eventually(stopped, "it has stopped")
    assert "fd.limit" not in kinds
