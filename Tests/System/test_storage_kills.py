"""Storage whose helpers and supervisors are killed at random moments; snapshots of what runs."""

import itertools
import json
import os
import signal
import time

import pytest

from harness import storage
from harness.daemon import Refused, eventually
from harness.storage import configure, entry, inside

STORAGES = {"direct": ("storage: direct",),
            "directory": ("storage: volume", "volume_kind: directory"),
            "image": ("storage: overlay", "volume_kind: image")}

# What has most parts: a file system in a file, and an overlay.
ONE_ON_THE_MACHINE = [kind if kind == "image" else pytest.param(kind, marks=pytest.mark.native)
                      for kind in STORAGES]


def begin(daemon, kind, disk="64M", more=()):
    configure(daemon, entry(daemon, "shop", *STORAGES[kind], *more,
                            limits=f"disk: {disk}" if kind == "image" else ""))
    daemon.start()
    daemon.await_ready("shop")


def workers(daemon):
    """Every process of ours that works on storage."""
    return storage.helpers(daemon) + storage.helpers(daemon, b"bulkhead-storage")


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


@pytest.mark.repeated
@pytest.mark.parametrize("form", [pytest.param("volume", marks=pytest.mark.native), "overlay"])
def test_supervisors_killed_while_a_volume_comes_up_leave_one_of_everything(
        daemon, form, random_source, repetitions):
    configure(daemon, entry(daemon, "shop", f"storage: {form}", "volume_kind: image",
                            limits="disk: 24M"))
    for _ in range(repetitions(3 if daemon.on_machine else 6)):
        daemon.start(wait=False)
        time.sleep(random_source.uniform(0, 0.5 if not daemon.on_machine else 4))
        daemon.kill()
        assert len(storage.mounted(storage.mount_point(daemon))) <= 1
        assert len(storage.loops_of(storage.home(daemon))) <= 1
    daemon.start()
    daemon.await_ready("shop")
    eventually(lambda: not workers(daemon), "no helper is left")
    assert len(storage.mounted(storage.mount_point(daemon))) == 1
    assert len(storage.loops_of(storage.home(daemon))) == 1
    inside(daemon, "shop", "echo fine > fine")
    assert [each.name for each in storage.home(daemon).glob("volume.img*")] == ["volume.img"]
    for _ in range(repetitions(1 if daemon.on_machine else 3)):
        daemon.call("Stop", {"project": "shop"})
        time.sleep(random_source.uniform(0, 0.2 if not daemon.on_machine else 2))
        daemon.kill()
        daemon.start()
        daemon.cli("stop", "shop")
        storage.await_down(daemon)
        daemon.cli("start", "shop")
        assert inside(daemon, "shop", "cat fine").stdout == "fine\n"


@pytest.mark.repeated
@pytest.mark.parametrize("kind", ONE_ON_THE_MACHINE)
def test_a_restore_that_is_killed_has_brought_back_all_or_nothing(
        daemon, kind, random_source, repetitions):
    begin(daemon, kind)
    whole = "for i in $(seq 1 200); do echo %s > f$i; done; head -c 6M /dev/zero > %s"
    inside(daemon, "shop", whole % ("old", "first"))
    daemon.cli("snapshot", "create", "shop", "old")
    inside(daemon, "shop", "rm -r *; " + whole % ("new", "second"))
    daemon.cli("stop", "shop")
    daemon.cli("snapshot", "create", "shop", "new")
    look = "cat f[0-9]* | sort | uniq -c | tr -s ' ' | tr '\\n' ','; ls | grep -v ^f[0-9]"
    states = {" 200 old,first\n", " 200 new,second\n"}
    turns = itertools.cycle(itertools.product(["old", "new"], ["helper", "supervisor"]))
    for name, victim in itertools.islice(turns, repetitions(2 if daemon.on_machine else 6)):
        with daemon.connect() as connection:
            connection.send("SnapshotRestore", {"project": "shop", "name": name})
            eventually(lambda: workers(daemon) or connection.ended(), "it begins")
            time.sleep(random_source.uniform(0, 0.15 if not daemon.on_machine else 1.5))
            if victim == "helper":
                kill(workers(daemon))
            else:
                daemon.kill()
                eventually(lambda: not workers(daemon), "the helper gives up")
                daemon.start()
        eventually(lambda: not workers(daemon), "no helper is left")
        daemon.cli("start", "shop")
        assert inside(daemon, "shop", look).stdout in states
        daemon.cli("stop", "shop")
        # Each that came so far has kept what was there.
        for kept in daemon.call("SnapshotList", {"project": "shop"})["snapshots"]:
            if kept["name"].startswith("before-"):
                daemon.cli("snapshot", "remove", "shop", kept["name"])
    daemon.cli("snapshot", "restore", "shop", "old")
    daemon.cli("start", "shop")
    assert inside(daemon, "shop", look).stdout == " 200 old,first\n"
    # Of what was cut off nothing is left beside it.
    place = storage.home(daemon)
    left = [str(each) for each in [*place.iterdir(), *(place / "snapshots").iterdir(),
                                   *daemon.project_directory("shop").parent.iterdir()]]
    assert not [each for each in left if each.endswith("~")], left


WRITER = """
import os, time
number = 0
names = [f"w{i}" for i in range(20)]
while True:
    number += 1
    for name in names:
        file = os.open(name + ".new", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.write(file, b"%d\\n" % number)
        os.close(file)
        os.rename(name + ".new", name)
"""


@pytest.mark.parametrize("kind", ONE_ON_THE_MACHINE)
def test_a_snapshot_of_what_runs_is_of_one_moment(daemon, kind):
    service = {"command": ["/usr/bin/python3", "-c", WRITER],
               "health": {"liveness": {"exec": ["/bin/true"], "interval": "100ms",
                                       "timeout": "10s", "failure_threshold": 1}}}
    begin(daemon, kind, more=["services:", f"  main: {json.dumps(service)}"])
    look = "cat $(seq -f w%g 0 19) 2> /dev/null | tr '\\n' ' '"
    eventually(lambda: len(inside(daemon, "shop", look, check=False).stdout.split()) == 20,
               "all were written")
    inside(daemon, "shop", "head -c 20M /dev/urandom > large")
    before = daemon.service("shop", "main")
    for number in range(3):
        daemon.cli("snapshot", "create", "shop", f"s{number}")
    # It went on as if nothing had been.
    after = daemon.service("shop", "main")
    assert (after["pid"], after["restarts"]) == (before["pid"], 0)
    first = inside(daemon, "shop", "cat w0").stdout
    eventually(lambda: inside(daemon, "shop", "cat w0").stdout != first, "it writes again")
    # A stop waits for the end of one that is being taken.
    with daemon.connect() as one, daemon.connect() as other:
        one.send("SnapshotCreate", {"project": "shop", "name": "last"})
        eventually(lambda: workers(daemon) or one.ended(), "it begins")
        other.send("Stop", {"project": "shop", "wait": True})
        assert one.result()["snapshot"]["name"] == "last"
        other.result()
    for name in ("s0", "s1", "s2", "last"):
        configure(daemon, entry(daemon, "shop", *STORAGES[kind],
                                limits="disk: 64M" if kind == "image" else ""))
        daemon.cli("config", "apply")
        daemon.cli("snapshot", "restore", "shop", name)
        daemon.cli("start", "shop")
        numbers = [int(each) for each in inside(daemon, "shop", look).stdout.split()]
        # From the first on each was written in turn.
        assert len(numbers) == 20 and numbers == sorted(numbers, reverse=True), numbers
        assert numbers[0] - numbers[-1] <= 1, numbers
        daemon.cli("stop", "shop")
        with pytest.raises(Refused):
            daemon.call("SnapshotRestore", {"project": "shop", "name": "nothing"})
