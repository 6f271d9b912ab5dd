"""Every event of a limit that is met: told through Watch and in the journal as it happens."""

import json

import pytest

from harness import causes, shop, storage
from harness.daemon import eventually
from harness.unit import command

pytestmark = pytest.mark.machine

LIMITS = "memory: 192M, pids: 200, cpu: 1, io: ['/:wbps=256K']"
BURNER = "import time\nend = time.monotonic() + 40\nwhile time.monotonic() < end: pass\n"
WRITER = ("import os\n"
          "file = os.open('slow', os.O_CREAT | os.O_WRONLY | os.O_DSYNC)\n"
          "for _ in range(64): os.write(file, bytes(1 << 16))\n")
HOARDER = ("import resource, sys, time\n"
           "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
           "held = []\n"
           "try:\n"
           "    while True: held.append(open('/dev/null'))\n"
           "except OSError as error: print(error, flush=True)\n"
           "time.sleep(20)\n")
# Holds more than it may without being slowed down, and lets it go.
SLOWED = "import time\nheld = bytearray(b'x') * (40 << 20)\ntime.sleep(20)\n"
# Says nothing of what it meets.
SILENT = ("import os, time\n"
          "try:\n"
          "    with open('big', 'wb') as file:\n"
          "        while True: os.write(file.fileno(), bytes(1 << 16))\n"
          "except OSError: pass\n"
          "time.sleep(20)\n")
# What is run where, by which limits of its own; the words that are told of it, its process among them.
EVENTS = {
    "memory.oom": ("shop", causes.EATER.format(mebibytes=96), {"memory_bytes": 32 << 20},
                   ["python3", "host pid", "memory.max 32M"]),
    "memory.high": ("held", SLOWED, {}, ["memory.high 24M", "in use"]),
    "pids.max": ("shop", causes.FORKER, {"pids": 12}, ["pids.max 12", "refused"]),
    "cpu.throttled": ("shop", BURNER, {"cpu_millicores": 100}, ["cpu.max 0.1", "periods"]),
    "io.throttled": ("shop", WRITER, {}, ["io.max", "wbps=262144", "wrote"]),
    "disk.full": ("disk", causes.FILLER, {}, ["of 12M of its storage"]),
    "inodes.full": ("inodes", causes.LITTERER, {}, ["of 300 inodes"]),
    "fd.limit": ("shop", HOARDER, {}, ["python3", "open files of 40"]),
    "log.suppressed": ("shop", "for n in range(30_000): print(n)\n", {}, ["lines were not logged"]),
}
# Those of the whole project: the kernel does not say whom it means.
OF_ALL = {"memory.high", "io.throttled", "disk.full", "inodes.full"}


def start(daemon, project):
    text = daemon.project("shop", "", f"limits: {{ {LIMITS} }}")
    text += daemon.project("held", "", "limits: { memory: 192M, memory_high: 24M }")
    if project in causes.STORES:
        text += storage.entry(daemon, project, "storage: volume", "volume_kind: image",
                              limits=causes.STORES[project])
    daemon.configure("projects:\n" + text)
    daemon.project_directory("shop").chmod(0o777)
    daemon.start()
    daemon.await_phase(project, "active")


def told_of(daemon, project, kind, command_line, limits):
    """The first event of this kind that is told while a command runs, and its run."""
    with daemon.connect() as watching:
        watching.send("Watch", {"project": project}, more=True)
        run = daemon.call("Execute", {
            "project": project, "command": command_line, "workload": "hog", "logged": True,
            "detached": True, **limits})["run"]

        def told():
            reply = watching.receive()["parameters"]
            return reply if reply["kind"] == kind else None
        return eventually(told, f"{kind} is told"), run


@pytest.mark.parametrize("kind", EVENTS)
def test_a_limit_that_is_met_is_told_with_its_workload_and_numbers(daemon, kind):
    project, program, limits, words = EVENTS[kind]
    start(daemon, project)
    event, run = told_of(daemon, project, kind, causes.python(program), limits)
    assert event["project"] == project, event
    if kind in OF_ALL:
        assert event.get("workload") in (None, "hog"), event
    else:
        assert (event["workload"], event["run"]) == ("hog", run), event
    assert all(word in event["text"] for word in words), event
    # The same in the journal.
    command("journalctl", "--sync")
    found = [json.loads(line) for line in command(
        "journalctl", "--quiet", "--output=json", f"BULKHEAD_EVENT={kind}",
        f"BULKHEAD_PROJECT={project}").splitlines()]
    mine = [each for each in found if event["text"] in each["MESSAGE"]]
    assert any(each.get("BULKHEAD_WORKLOAD") == event.get("workload") for each in mine), found[-3:]


def test_a_full_volume_is_told_though_nobody_says_a_word(daemon):
    start(daemon, "disk")
    event, _ = told_of(daemon, "disk", "disk.full", causes.python(SILENT), {})
    assert "of 12M of its storage" in event["text"], event
