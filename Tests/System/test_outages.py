"""bulkhead audit report: when projects were not ready, by what a supervisor recorded of them."""

import re
import subprocess

import pytest

from harness import audit, chain, sandbox
from harness.daemon import eventually

# Records and report need no journal.
pytestmark = pytest.mark.native

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"


def outages(daemon, directory):
    """(project, what, whether it is over, asked for) of each, the longest first."""
    entries = [r | {"BULKHEAD_HASH": chain.digest(r)} for r in audit.records(daemon)]
    export = chain.export(directory / "day.export", entries)
    done = subprocess.run([sandbox.find_program(), "audit", "report", "--since", "1d", "--journal", export],
                          check=True, capture_output=True, text=True)
    section = done.stdout.split("## Longest outages\n\n")[1].split("\n## ")[0]
    rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in section.splitlines()
            if line.startswith("|")][2:]
    return [(row[0], row[4], "goes on" if row[2] == "it goes on" else "is over", row[6])
            for row in rows]


def test_what_somebody_stops_pauses_and_removes_is_told_so_and_ends(daemon, tmp_path):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    for verb, back in (("stop", "start"), ("pause", "resume"), ("maintain", "start")):
        daemon.cli(verb, "shop")
        asked = f"control.{verb} by root"
        open_ones = [row for row in outages(daemon, tmp_path) if row[2] == "goes on"]
        assert [row[3] for row in open_ones] == [asked], open_ones
        daemon.cli(back, "shop")
        daemon.await_ready("shop")
        found = outages(daemon, tmp_path)
        assert not [row for row in found if row[2] == "goes on"], found
        # Coming back is nobody's wish.
        assert [row[3] for row in found].count(asked) == 1 and "no" in {row[3] for row in found}, found
    daemon.cli("restart", "shop")
    daemon.await_ready("shop")
    assert "control.restart by root" in [row[3] for row in outages(daemon, tmp_path)]


def test_a_project_that_is_taken_out_is_not_down_for_ever(daemon, tmp_path):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER) + daemon.project("api", SLEEPER))
    daemon.start()
    for name in ("shop", "api"):
        daemon.await_ready(name)
    daemon.cli("stop", "api")
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.cli("config", "apply")
    eventually(lambda: audit.events(daemon, "project.removed"), "it is gone")
    gone = audit.events(daemon, "project.removed")
    assert [record["BULKHEAD_PROJECT"] for record in gone] == ["api"]
    found = [row for row in outages(daemon, tmp_path) if row[0] == "api"]
    assert found and all(row[2] == "is over" for row in found), found
    # What it does on its way out is before.
    assert not [record for record in audit.events(daemon, "project.") if record["BULKHEAD_PROJECT"] == "api"
                and int(record["BULKHEAD_SEQ"]) > int(gone[0]["BULKHEAD_SEQ"])]


def test_a_service_that_is_stopped_is_told_of_by_who_did_it(daemon, tmp_path):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    daemon.cli("stop", "shop/main")
    assert [row for row in outages(daemon, tmp_path) if row[2] == "goes on"] == [
        ("shop", "project.unready", "goes on", "control.stop by root")]
