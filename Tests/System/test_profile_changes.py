"""Profiles that a supervisor changes: recorded before they are written, as what they are."""

import hashlib
import json

import pytest

from harness import audit, full_disk
from harness.daemon import Refused
from test_profiles import MACHINE, all_at_once, name, removed_by  # noqa: F401

pytestmark = pytest.mark.native


@pytest.fixture
def learned(daemon, name):  # noqa: F811
    daemon.configure("projects: {}\n")
    daemon.start()
    daemon.cli("profile", "learn", name, "--", "true")
    return name


def change(daemon, profile, step, content, previous=None):
    return daemon.call("ProfileChange", {
        "profile": profile, "step": step, "content": content, "previous": previous})


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def last(daemon):
    return audit.events(daemon, "control.profile")[-1]


def test_the_record_says_what_was_changed(daemon, learned):
    record = last(daemon)
    assert record["BULKHEAD_RESULT"] == "accepted"
    assert record["BULKHEAD_CHANGE"].startswith(f"{learned} takes away accept ")
    daemon.cli("profile", "allow", "--reason", "it asks", learned, "getpgid", "ptrace")
    record = last(daemon)
    assert record["BULKHEAD_CHANGE"] == f"{learned} allows getpgid ptrace"
    assert "allows getpgid ptrace" in record["MESSAGE"] and record["BULKHEAD_REASON"] == "it asks"
    daemon.cli("profile", "canary", learned)
    assert last(daemon)["BULKHEAD_CHANGE"] == f"{learned} is a canary"
    daemon.cli("profile", "enforce", learned)
    assert last(daemon)["BULKHEAD_CHANGE"] == f"{learned} is enforced"
    daemon.cli("profile", "learn", "--force", learned, "--", "true")
    assert last(daemon)["BULKHEAD_CHANGE"] == f"{learned} takes away getpgid ptrace"


def test_what_takes_the_place_of_another_profile_is_recorded_by_that(daemon, learned):
    path = MACHINE / f"{learned}.json"
    few = ["execve", "write", "exit_group", "ptrace"]
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": few, "action": "SCMP_ACT_ALLOW"}]}))
    before = digest(path)
    daemon.cli("profile", "learn", "--force", learned, "--", "true")
    replaced = last(daemon)["BULKHEAD_CHANGE"]
    assert replaced.startswith(
        f"{learned} replaces a profile of another making, SHA-256 {before}; allows "), replaced
    assert " read " in replaced and replaced.endswith("; takes away ptrace"), replaced
    path.write_text("{")
    before = digest(path)
    daemon.cli("profile", "learn", "--force", learned, "--", "true")
    replaced = last(daemon)["BULKHEAD_CHANGE"]
    assert replaced.startswith(f"{learned} replaces a profile of another making, SHA-256 {before}, "
                               "which could not be used; takes away "), replaced


def test_a_step_is_no_more_than_it_says(daemon, learned):
    path = MACHINE / f"{learned}.json"
    before = path.read_text()
    content = json.loads(before)
    content["syscalls"].append(
        {"comment": "x", "names": ["ptrace"], "action": "SCMP_ACT_ALLOW"})
    wider = json.dumps(content)
    content["syscalls"][0]["names"].remove("getpgid")
    content["syscalls"][0]["action"] = "SCMP_ACT_LOG"
    for step, text in (("canary", wider), ("enforce", wider), ("allow", before),
                       ("allow", json.dumps(content)), ("tidy", wider)):
        with pytest.raises(Refused):
            change(daemon, learned, step, text, digest(path))
        assert last(daemon)["BULKHEAD_RESULT"] == "refused"
    # Not as `learn` writes it: an error number of its own.
    odd = json.loads(before)
    odd["syscalls"][0]["errnoRet"] = 38
    with pytest.raises(Refused):
        change(daemon, learned, "learn", json.dumps(odd), digest(path))
    for shipped in ("strict", "default", "_x"):
        with pytest.raises(Refused):
            change(daemon, shipped, "learn", before)
        assert not (MACHINE / f"{shipped}.json").exists()
    assert path.read_text() == before
    change(daemon, learned, "allow", wider, digest(path))
    assert path.read_text() == wider


def test_what_cannot_be_written_down_is_not_changed(daemon, name):  # noqa: F811
    path = MACHINE / f"{name}.json"
    with full_disk.small(daemon):
        daemon.configure("projects: {}\n")
        daemon.start()
        daemon.cli("profile", "learn", name, "--", "true")
        before = path.read_text()
        content = json.loads(before)
        content["syscalls"].append(
            {"comment": "x", "names": ["ptrace"], "action": "SCMP_ACT_ALLOW"})
        filler = full_disk.leave_no_room(daemon)
        with pytest.raises(Refused):
            change(daemon, name, "allow", json.dumps(content), digest(path))
        assert path.read_text() == before
        filler.unlink()
        change(daemon, name, "allow", json.dumps(content), digest(path))
        assert path.read_text() != before


def test_what_was_made_from_another_file_is_refused(daemon, learned):
    path = MACHINE / f"{learned}.json"
    before = path.read_text()
    for previous in (None, "0" * 64):
        with pytest.raises(Refused) as refused:
            change(daemon, learned, "learn", before, previous)
        assert refused.value.name == "ProfileConflict"
        assert last(daemon)["BULKHEAD_RESULT"] == "refused"


def test_changes_at_once_are_all_made_and_recorded(daemon, bulkhead, learned):
    calls = ["getpgid", "getpgrp", "getsid", "sync", "times", "alarm"]
    all_at_once(bulkhead, learned, calls, {"BULKHEAD_SOCKET": str(daemon.socket)})
    assert not set(calls) & removed_by(MACHINE / f"{learned}.json")
    told = {record["BULKHEAD_CHANGE"] for record in audit.events(daemon, "control.profile")
            if record["BULKHEAD_RESULT"] == "accepted"}
    assert {f"{learned} allows {call}" for call in calls} <= told


def test_what_cannot_be_written_is_recorded_as_failed_after_all(daemon, learned):
    path = MACHINE / f"{learned}.json"
    before = path.read_text()
    content = json.loads(before)
    content["syscalls"].append({"comment": "x", "names": ["ptrace"], "action": "SCMP_ACT_ALLOW"})
    # Where the new file would be made.
    (MACHINE / f"{learned}.json.new").mkdir()
    try:
        with pytest.raises(Refused):
            change(daemon, learned, "allow", json.dumps(content), digest(path))
    finally:
        (MACHINE / f"{learned}.json.new").rmdir()
    intended = audit.events(daemon, "control.profile")[-1]
    assert intended["BULKHEAD_RESULT"] == "accepted" and "ptrace" in intended["BULKHEAD_CHANGE"]
    outcome = audit.events(daemon, "control.failed")[-1]
    assert outcome["BULKHEAD_RESULT"] == "failed"
    assert outcome["BULKHEAD_ACTION"] == intended["BULKHEAD_SEQ"]
    assert path.read_text() == before
