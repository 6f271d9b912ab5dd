"""Profiles that are learned from a command, compared and changed."""

import json
import os
import pathlib
import signal

import pytest

MACHINE = pathlib.Path("/etc/bulkhead/profiles")

PROGRAMS = {
    "shell": ["sh", "-c", "ls / >/dev/null; echo done"],
    "python": ["python3", "-c", "import subprocess; subprocess.run(['/bin/true'], check=True)"],
    "awk": ["awk", "BEGIN { print 1; system(\"/bin/true\") }"],
    "perl": ["perl", "-e", "print 1; fork() // die; wait"],
}


@pytest.fixture
def name():
    """Of a profile of this machine that is gone afterwards."""
    found = f"test-{os.getpid()}"
    made = [place for place in (MACHINE, MACHINE.parent) if not place.exists()]
    yield found
    (MACHINE / f"{found}.json").unlink(missing_ok=True)
    if MACHINE in made:
        (MACHINE / ".lock").unlink(missing_ok=True)
    for place in made:
        if place.exists():
            place.rmdir()


def call(number):
    return ["python3", "-c", "import ctypes, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            f"libc.syscall({number}, 0, 0, 0, 0)\nprint(ctypes.get_errno())"]


def under(bulkhead, profile, *command):
    return bulkhead.run(*command, options=["--seccomp", profile])


@pytest.mark.parametrize("kind", PROGRAMS)
def test_what_was_learned_is_less_than_the_default_and_enough(bulkhead, tmp_path, kind):
    command = PROGRAMS[kind]
    told = bulkhead("profile", "learn", "--output", str(tmp_path), kind, "--", *command)
    assert told.status == 0, told
    profile = str(tmp_path / f"{kind}.json")
    text = bulkhead("profile", "diff", profile).stdout
    removed = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(removed) >= 171, text  # 60 % of 285
    assert not [line for line in text.splitlines() if line.startswith("+ ")]
    (line,) = bulkhead("profile", "diff", "--json", profile).stdout.splitlines()
    told = json.loads(line)
    assert [f"- {name}" for name in told.pop("removed")] == removed
    assert told == {"profile": profile, "base": "default", "base_calls": told["base_calls"],
                    "added": [], "logged": [], "changed": []}
    assert f"{len(removed)} of {told['base_calls']} calls removed" in text
    # The other way round.
    told = json.loads(bulkhead("profile", "diff", "--json", "default", profile).stdout)
    assert (told["profile"], told["base"]) == ("default", str(profile))
    assert [f"- {name}" for name in told["added"]] == removed and told["removed"] == []
    for _ in range(3):
        outcome = under(bulkhead, profile, *command)
        assert outcome.status == 0, outcome


def test_a_profile_that_is_there_is_only_replaced_when_told(bulkhead, tmp_path):
    options = ["--output", str(tmp_path)]
    assert bulkhead("profile", "learn", *options, "one", "--", "true").status == 0
    before = (tmp_path / "one.json").read_text()
    refused = bulkhead("profile", "learn", *options, "one", "--", "ls")
    assert refused.status == 1 and "--force" in refused.stderr, refused
    assert (tmp_path / "one.json").read_text() == before
    assert bulkhead("profile", "learn", *options, "--merge", "one", "--", "ls").status == 0
    merged = removed_by(tmp_path / "one.json")
    assert "getdents64" not in merged
    assert bulkhead("profile", "learn", *options, "--force", "one", "--", "true").status == 0
    assert "getdents64" in removed_by(tmp_path / "one.json")


def removed_by(path):
    groups = json.loads(path.read_text())["syscalls"]
    return {name for group in groups if group["action"] != "SCMP_ACT_ALLOW"
            for name in group["names"]}


@pytest.mark.parametrize("command", [["/no/such/file"], ["/etc/passwd"], ["no-such-command"]])
def test_a_command_that_cannot_be_started_teaches_nothing(bulkhead, tmp_path, command):
    options = ["--output", str(tmp_path)]
    outcome = bulkhead("profile", "learn", *options, "no", "--", *command)
    assert outcome.status == 1 and "was not started" in outcome.stderr, outcome
    assert not (tmp_path / "no.json").exists()
    assert bulkhead("profile", "learn", *options, "no", "--", "true").status == 0
    before = (tmp_path / "no.json").read_text()
    outcome = bulkhead("profile", "learn", *options, "--force", "no", "--", *command)
    assert outcome.status == 1, outcome
    assert (tmp_path / "no.json").read_text() == before


def test_a_command_that_fails_as_a_shell_does_was_started(bulkhead, tmp_path):
    outcome = bulkhead(
        "profile", "learn", "--output", str(tmp_path), "sh", "--", "sh", "-c", "ls /; no-such-command")
    assert outcome.status == 0 and "status 127" in outcome.stdout, outcome
    assert "getdents64" not in removed_by(tmp_path / "sh.json")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_learned_until_it_is_ended_is_written(bulkhead, tmp_path, number):
    script = "ls / >/dev/null; echo ready; exec sleep 600"
    process = bulkhead.start(
        "profile", "learn", "--output", str(tmp_path), "server", "--", "sh", "-c", script,
        process_group=0)
    try:
        assert process.stdout.readline().strip() == b"ready"
        if number == signal.SIGINT:
            # As ^C has it: to each process of the group.
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)
        process.wait(30)
    finally:
        # Should it have left something, that would keep our pipes open.
        for left in groups(process):
            (left / "cgroup.kill").write_text("1")
    outcome = bulkhead.finish(process)
    assert outcome.status == 0 and "the command ended with status" in outcome.stdout, outcome
    assert "getdents64" not in removed_by(tmp_path / "server.json")
    assert groups(process) == []


def groups(process):
    return list(pathlib.Path("/sys/fs/cgroup").rglob(f"bulkhead-learn-{process.pid}"))


def test_canary_lets_through_enforce_refuses_and_allow_heals(bulkhead, name):
    assert bulkhead("profile", "learn", name, "--", "python3", "-c", "import ctypes").status == 0
    getpgid = call(121)
    assert under(bulkhead, name, *getpgid).stdout.strip() == "1"
    assert bulkhead("profile", "canary", name).status == 0
    assert under(bulkhead, name, *getpgid).stdout.strip() == "0"
    # A canary is no wider than the default: a namespace is refused by both.
    unshare = ["python3", "-c", "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
               "libc.unshare(0x10000000)\nprint(ctypes.get_errno())"]
    assert under(bulkhead, name, *unshare).stdout.strip() == "1"
    assert bulkhead("profile", "enforce", name).status == 0
    assert under(bulkhead, name, *getpgid).stdout.strip() == "1"
    refused = bulkhead("profile", "allow", name, "getpgid")
    assert refused.status == 2 and "--reason" in refused.stderr, refused
    assert bulkhead("profile", "allow", "--reason", "it asks", name, "getpgid").status == 0
    assert under(bulkhead, name, *getpgid).stdout.strip() == "0"
    assert bulkhead("profile", "allow", "--reason", "x", name, "no_such_call").status == 1


def test_what_changes_nothing_is_refused_and_says_why(bulkhead, name):
    def refused(*arguments):
        before = (MACHINE / f"{name}.json").read_text()
        outcome = bulkhead("profile", *arguments)
        assert outcome.status == 1, outcome
        assert (MACHINE / f"{name}.json").read_text() == before
        return outcome.stderr

    assert bulkhead("profile", "learn", name, "--", "sh", "-c", "ls /; true | true").status == 0
    assert "enforced already" in refused("enforce", name)
    # clone was used, and the default looks at its flags.
    why = refused("allow", "--reason", "x", name, "clone")
    assert "with some arguments only" in why and "/usr/share/doc/bulkhead/seccomp.md" in why
    assert "allowed already" in refused("allow", "--reason", "x", name, "getdents64")
    assert "allowed already" in refused("allow", "--reason", "x", name, "getpgid", "getdents64")
    (MACHINE / f"{name}.json").write_text('{ "extends": "default", "syscalls": [] }')
    assert "takes nothing away" in refused("canary", name)


@pytest.mark.parametrize("shipped", ["strict", "network-client", "debugger"])
def test_a_profile_that_came_with_the_program_is_not_hidden(bulkhead, shipped):
    path = MACHINE / f"{shipped}.json"
    assert not path.exists()
    try:
        for arguments in (["learn", shipped, "--", "true"], ["canary", shipped],
                          ["learn", "--force", shipped, "--", "true"],
                          ["allow", "--reason", "x", shipped, "ptrace"]):
            outcome = bulkhead("profile", *arguments)
            assert not path.exists()
            assert outcome.status == 1 and "came with the program" in outcome.stderr, outcome
            assert "of another name" in outcome.stderr, outcome
    finally:
        path.unlink(missing_ok=True)


def test_what_check_would_refuse_is_not_learned(bulkhead):
    for wrong in ("_x", "-x", "x" * 65):
        outcome = bulkhead("profile", "learn", "--force", "--", wrong, "--", "true")
        assert outcome.status == 2, outcome
        assert not (MACHINE / f"{wrong}.json").exists()


def test_diff_tells_conditions_that_were_lost(bulkhead, tmp_path, name):
    groups = [{"names": ["socket", "clone", "ioctl"], "action": "SCMP_ACT_ALLOW"}]
    text = json.dumps({"extends": "default", "syscalls": groups})
    (tmp_path / "wide.json").write_text(text)
    told = bulkhead("profile", "diff", str(tmp_path / "wide.json")).stdout
    assert "3 with other conditions" in told, told
    assert [line for line in told.splitlines() if line.startswith("* ")] == [
        f"* {call}: conditions differ" for call in ("clone", "ioctl", "socket")]
    assert "0 with other conditions" in bulkhead("profile", "diff", "strict", "strict").stdout
    # Nor is it taken for one that was learned.
    MACHINE.mkdir(parents=True, exist_ok=True)
    (MACHINE / f"{name}.json").write_text(text)
    outcome = bulkhead("profile", "allow", "--reason", "x", name, "ptrace")
    assert outcome.status == 1 and "whatever its arguments" in outcome.stderr, outcome


def test_changes_at_once_are_all_made(bulkhead, name):
    assert bulkhead("profile", "learn", name, "--", "true").status == 0
    calls = ["getpgid", "getpgrp", "getsid", "sync", "times", "alarm"]
    all_at_once(bulkhead, name, calls, {})
    assert not set(calls) & removed_by(MACHINE / f"{name}.json")


def all_at_once(bulkhead, name, calls, environment):
    assert set(calls) <= removed_by(MACHINE / f"{name}.json")
    running = [bulkhead.start("profile", "allow", "--reason", "x", name, call, env=environment)
               for call in calls]
    for process in running:
        outcome = bulkhead.finish(process)
        assert outcome.status == 0, outcome


def test_what_nobody_recorded_is_said(bulkhead, name):
    outcome = bulkhead("profile", "learn", "--socket", "/run/no-such-socket", name, "--", "true")
    assert outcome.status == 0 and "nobody recorded this" in outcome.stderr, outcome


def test_profiles_of_another_making_are_left_alone(bulkhead, name):
    MACHINE.mkdir(parents=True, exist_ok=True)
    (MACHINE / f"{name}.json").write_text(
        '{ "extends": "strict", "syscalls": [] }')
    outcome = bulkhead("profile", "enforce", name)
    assert outcome.status == 1 and "was not made by" in outcome.stderr, outcome
