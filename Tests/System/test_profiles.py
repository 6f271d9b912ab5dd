"""Profiles that are learned from a command, compared and changed."""

import json
import os
import pathlib

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


def test_a_command_that_cannot_be_started_teaches_nothing(bulkhead, tmp_path):
    outcome = bulkhead("profile", "learn", "--output", str(tmp_path), "no", "--", "/no/such/file")
    assert not (tmp_path / "no.json").exists() or outcome.status == 0


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


def test_what_nobody_recorded_is_said(bulkhead, name):
    outcome = bulkhead("profile", "learn", "--socket", "/run/no-such-socket", name, "--", "true")
    assert outcome.status == 0 and "nobody recorded this" in outcome.stderr, outcome


def test_profiles_of_another_making_are_left_alone(bulkhead, name):
    MACHINE.mkdir(parents=True, exist_ok=True)
    (MACHINE / f"{name}.json").write_text(
        '{ "extends": "strict", "syscalls": [] }')
    outcome = bulkhead("profile", "enforce", name)
    assert outcome.status == 1 and "was not made by" in outcome.stderr, outcome
