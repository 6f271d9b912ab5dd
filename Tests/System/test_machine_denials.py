"""What filters deny is named: who, where, which call; whoever floods, restarts or learns."""

import json
import pathlib
import subprocess
import time

import pytest

from harness.daemon import eventually
from harness.unit import command

pytestmark = pytest.mark.machine

MACHINE = pathlib.Path("/etc/bulkhead/profiles")
# ptrace, which the default refuses with EPERM.
CALL = ("import ctypes, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "for _ in range({count}): libc.syscall({number}, 0, 0, 0, 0)\n{then}\n")
STAY = "open('done', 'w').close(); time.sleep(3600)"


def service(name, number=101, count=1, then=STAY):
    program = CALL.format(number=number, count=count, then=then)
    return f"{name}: {json.dumps({'command': ['/usr/bin/python3', '-c', program], 'restart': 'no'})}"


def denials(*matches):
    command("journalctl", "--sync")
    text = command("journalctl", "--quiet", "--all", "--boot", "--output=json",
                   "SYSLOG_IDENTIFIER=bulkheadd", *matches, check=False)
    found = [json.loads(line) for line in text.splitlines()]
    return [each for each in found if "seccomp.denied" in json.dumps(each)]


def start(daemon, project, services, extra=""):
    daemon.configure("projects:\n" + daemon.project(project, services, extra))
    daemon.project_directory(project).chmod(0o777)
    daemon.start()
    return daemon.project_directory(project)


def named(project, *words, after=0):
    def found():
        for each in denials(f"BULKHEAD_PROJECT={project}")[after:]:
            if all(word in json.dumps(each) for word in words):
                return each
        return None
    return eventually(found, f"{project}: {words}")


def test_a_denied_call_is_named_with_project_workload_command_and_call(daemon):
    start(daemon, "denied", service("web"))
    record = named("denied", "ptrace")
    assert record["BULKHEAD_WORKLOAD"] == "web"
    assert record["BULKHEAD_RUN"] == str(daemon.service("denied", "web")["run"])
    assert "python3" in record["MESSAGE"] and "refused" in record["MESSAGE"], record["MESSAGE"]
    assert "default" in record["MESSAGE"]
    assert daemon.call("Health", {"component": "denials"})["components"][0]["ok"]


def test_a_flood_is_a_number_and_no_flood_of_records(daemon):
    before = int(command("sh", "-c", "journalctl -q -o cat _TRANSPORT=audit | wc -l"))
    place = start(daemon, "flood", service("web", count=1_000_000))
    named("flood", "ptrace")
    eventually((place / "done").exists, "a million calls are made", seconds=600)
    assert daemon.answers()
    assert len(denials("BULKHEAD_PROJECT=flood")) < 20
    after = int(command("sh", "-c", "journalctl -q -o cat _TRANSPORT=audit | wc -l"))
    assert after - before < 100
    daemon.call("Stop", {"project": "flood", "wait": True})
    last = named("flood", "more such calls")
    assert int(last.get("BULKHEAD_COUNT", "900000")) > 500_000


def test_the_next_supervisor_names_too(daemon):
    start(daemon, "again", service("web", then="time.sleep(20)\nlibc.syscall(169, 0)\n" + STAY))
    named("again", "ptrace")
    daemon.kill()
    daemon.process.wait()
    daemon.start()
    named("again", "reboot")


def test_a_learned_profile_names_what_is_new_and_allow_heals_it(daemon):
    name = "denials-test"
    learned = CALL.format(number=39, count=1, then="open('done', 'w').close(); time.sleep(1)")
    daemon.configure("projects: {}\n")
    daemon.start()
    try:
        daemon.cli("profile", "learn", "--force", name, "--", "/usr/bin/python3", "-c", learned)
        # getpgid, which the default allows.
        place = start_more(daemon, "healed", service(
            "web", number=121, then=f"print(ctypes.get_errno())\n{STAY}"), name)
        record = named("healed", "getpgid")
        assert name in record["MESSAGE"]
        daemon.cli("profile", "canary", name)
        seen = len(denials("BULKHEAD_PROJECT=healed"))
        daemon.call("Restart", {"project": "healed", "wait": False})
        named("healed", "getpgid", "allowed for now", after=seen)
        daemon.cli("profile", "enforce", name)
        daemon.cli("profile", "allow", "--reason", "it asks", name, "getpgid")
        (place / "done").unlink(missing_ok=True)
        seen = len(denials("BULKHEAD_PROJECT=healed"))
        daemon.call("Restart", {"project": "healed", "wait": False})
        eventually((place / "done").exists, "it is done")
        time.sleep(3)
        assert "getpgid" not in json.dumps(denials("BULKHEAD_PROJECT=healed")[seen:])
    finally:
        (MACHINE / f"{name}.json").unlink(missing_ok=True)


def start_more(daemon, project, services, profile):
    daemon.configure("projects:\n" + daemon.project(project, services, f"seccomp: {profile}"))
    place = daemon.project_directory(project)
    place.chmod(0o777)
    daemon.call("ConfigurationApply")
    return place


def test_the_kernel_is_well_after_supervisors_that_came_and_went(daemon, repetitions):
    start(daemon, "often", service("web", count=100_000_000))
    for _ in range(repetitions(4)):
        daemon.kill()
        daemon.process.wait()
        daemon.start()
    named("often", "ptrace")
    log = subprocess.run(["dmesg"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "BUG:" not in log and "Oops" not in log, log[-3000:]
