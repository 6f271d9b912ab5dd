"""doctor, profile, version, help."""

import json
import socket
import subprocess
import threading

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


def test_doctor_says_of_denied_calls_what_the_supervisor_says(daemon):
    def found():
        listed = json.loads(daemon.cli("doctor", "--json", check=False).stdout)
        (one,) = [each for each in listed if each["subject"] == "denied calls"]
        return one["status"], one["found"]
    # None runs: what the kernel gives is tried.
    alone = found()
    # One that hangs up.
    daemon.run.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(daemon.socket))
        listener.listen()
        thread = threading.Thread(target=lambda: listener.accept()[0].close())
        thread.start()
        status, text = found()
        thread.join()
    daemon.socket.unlink()
    assert (status, "ended the connection" in text) == ("degraded", True), text
    daemon.configure("projects: {}\n")
    daemon.start()
    health = daemon.call("Health", {"component": "denials"})["components"][0]
    assert found() == (("ok", f"{health['text']}, the supervisor says") if health["ok"]
                       else ("degraded", health["text"]))
    if not health["ok"]:
        assert alone == ("degraded", health["text"])
    else:
        assert alone == ("ok", "a supervisor can name them; none runs")


def test_doctor_agrees_with_run(bulkhead, tmp_path):
    """It says that a run would be refused exactly where it is."""
    outcome = bulkhead("doctor", cwd=tmp_path)
    run = bulkhead("run", "--", "true", cwd=tmp_path)
    assert (outcome.status == 0) == (run.status == 0), (outcome, run)


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


@pytest.mark.native
def test_version_and_help(bulkhead):
    assert bulkhead("--version").stdout.startswith("bulkhead ")
    outcome = bulkhead("run", "--help")
    assert outcome.status == 0
    for option in ("--memory", "--workdir", "--seccomp", "--time-limit"):
        assert option in outcome.stdout


@pytest.mark.native
def test_nobody_minds_when_nobody_reads(bulkhead):
    """As in `bulkhead help run | head -1`, with SIGPIPE ignored as some parents have it."""
    for ignored in ("", "trap '' PIPE; "):
        done = subprocess.run(
            ["bash", "-c", f"{ignored}{bulkhead.program} help run | true; echo ${{PIPESTATUS[0]}}"],
            capture_output=True, text=True, timeout=60)
        assert done.stderr == ""
        assert done.stdout.strip() in ("0", "141")


@pytest.mark.native
def test_output_that_cannot_be_written_is_a_failure(bulkhead):
    done = subprocess.run(
        ["bash", "-c", f"{bulkhead.program} version >/dev/full"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "bulkhead: standard output cannot be written\n"


@pytest.mark.native
@pytest.mark.parametrize("arguments,status", [
    (["run", b"\xff"], 125), (["doctor", b"\xff"], 2), ([b"\xff"], 2), (["run", "--zz"], 125),
    (["doctor", "--zz"], 2), ([], 2), (["help", "me"], 2)])
def test_a_command_line_without_sense_has_the_status_of_its_command(bulkhead, arguments, status):
    outcome = bulkhead(*arguments)
    assert outcome.status == status
    assert outcome.stdout == ""
    assert arguments == [] or len(outcome.errors) == 1
