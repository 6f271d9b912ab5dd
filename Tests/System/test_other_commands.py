"""doctor, profile, version, help."""

import json

import pytest


def test_doctor_says_of_each_thing_how_it_is(bulkhead):
    outcome = bulkhead("doctor")
    assert outcome.status in (0, 1)
    told = outcome.stdout
    for subject in ("kernel", "cgroup", "namespaces", "systemd", "seccomp", "landlock", "journal"):
        assert subject in told.lower(), told
    assert "ok" in told


def test_doctor_speaks_json(bulkhead):
    outcome = bulkhead("doctor", "--json")
    assert json.loads(outcome.stdout)


@pytest.mark.machine
def test_doctor_is_content_with_the_test_machine(bulkhead):
    outcome = bulkhead("doctor")
    assert outcome.status == 0, outcome


@pytest.mark.parametrize("name", ["default", "strict", "network-client", "debugger"])
def test_the_profiles_are_sound(bulkhead, name):
    outcome = bulkhead("profile", "check", name)
    assert outcome.status == 0, outcome
    assert bulkhead("profile", "show", name).status == 0


@pytest.mark.parametrize("name", ["default", "strict", "network-client", "debugger"])
def test_the_profiles_let_programs_work(bulkhead, name):
    outcome = bulkhead.shell("ls / | wc -l; echo $((6 * 7))", options=["--seccomp", name])
    assert outcome.status == 0, outcome
    assert outcome.stdout.splitlines()[-1] == "42"


def test_version_and_help(bulkhead):
    assert bulkhead("--version").stdout.startswith("bulkhead ")
    outcome = bulkhead("run", "--help")
    assert outcome.status == 0
    for option in ("--memory", "--workdir", "--seccomp", "--time-limit"):
        assert option in outcome.stdout
