"""Stats of a real supervisor: what it says is what the cgroups say, as often as it was asked for."""

import json
import pathlib
import signal
import time

import pytest

from harness import shop
from harness.daemon import Refused, eventually

SPIN = shop.sh("while :; do :; done")


def cpu_us(cgroup):
    for line in pathlib.Path(cgroup, "cpu.stat").read_text().splitlines():
        if line.startswith("usage_usec "):
            return int(line.split()[1])
    raise AssertionError(f"no usage_usec in {cgroup}/cpu.stat")


def row(reply, workload=None, project="shop"):
    found = [each for each in reply["projects"]
             if (each["project"], each.get("workload")) == (project, workload)]
    return found[0] if found else None


@pytest.fixture
def busy(daemon):
    shop.start(daemon, {"web": {"command": SPIN}, "idle": {}},
               more=daemon.project("bare") + daemon.project("off", extra="status: archived"))
    for service in ("web", "idle"):
        shop.await_phase(daemon, service, "running")
    daemon.await_phase("bare", "active")
    return daemon


def test_processor_time_is_that_of_the_cgroup(busy):
    cgroup = busy.show("shop")["cgroup"]
    places = {None: cgroup, "web": f"{cgroup}/services/web", "idle": f"{cgroup}/services/idle"}
    before = {workload: cpu_us(place) for workload, place in places.items()}
    reply = busy.call("Stats")
    after = {workload: cpu_us(place) for workload, place in places.items()}
    for workload in places:
        said = row(reply, workload)
        assert before[workload] <= said["cpu_us"] <= after[workload]
        assert {each["resource"] for each in said["pressure"]} == {
            name for name in ("cpu", "memory", "io")
            if pathlib.Path(places[workload], f"{name}.pressure").exists()}
    assert row(reply, "web")["run"] == busy.service("shop", "web")["run"]


def test_every_project_is_told_of_also_one_without_a_sandbox(busy):
    reply = busy.call("Stats")
    assert [(each["project"], each.get("workload")) for each in reply["projects"]] == [
        ("bare", None), ("off", None), ("shop", None), ("shop", "idle"), ("shop", "web")]
    off = row(reply, project="off")
    assert (off["phase"], off["cpu_us"], off["memory_bytes"]) == ("archived", 0, 0)
    only = busy.call("Stats", {"project": "shop"})
    assert {each["project"] for each in only["projects"]} == {"shop"}


def test_the_machine_is_as_the_kernel_says(busy):
    machine = busy.call("Stats")["machine"]
    facts = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    assert machine["memory_bytes"] == int(facts["MemTotal"].split()[0]) * 1024
    assert 0 < machine["memory_available_bytes"] <= machine["memory_bytes"]
    assert len(machine["load"]) == 3 and machine["processors"] > 0


@pytest.mark.native
def test_samples_follow_in_their_interval(busy):
    with busy.connect() as connection:
        connection.send("Stats", {"project": "shop", "interval_ms": 200, "follow": True}, more=True)
        replies = [connection.receive() for _ in range(4)]
    assert all(reply["continues"] for reply in replies)
    times = [reply["parameters"]["at_us"] for reply in replies]
    # A clock that is set meanwhile aside: none comes too early.
    assert all(later - earlier >= 190_000 for earlier, later in zip(times, times[1:]))
    spent = [row(reply["parameters"], "web")["cpu_us"] for reply in replies]
    assert spent == sorted(spent) and spent[-1] > spent[0]


@pytest.mark.native
def test_callers_of_different_intervals_are_told_side_by_side(busy):
    with busy.connect() as often, busy.connect() as seldom:
        often.send("Stats", {"interval_ms": 100, "follow": True}, more=True)
        seldom.send("Stats", {"interval_ms": 3_600_000, "follow": True}, more=True)
        assert seldom.receive()["parameters"]["projects"]
        for _ in range(5):
            assert often.receive()["parameters"]["projects"]
        # And whoever wants one only has it between theirs.
        assert busy.call("Stats", {"project": "bare"})["projects"]
    # Nobody is left, and nothing is read for nobody.
    assert busy.answers()


@pytest.mark.native
def test_callers_that_are_due_together_are_told_what_each_asked_for(busy):
    with busy.connect() as everything, busy.connect() as one:
        everything.send("Stats", {"interval_ms": 100, "follow": True}, more=True)
        one.send("Stats", {"project": "bare", "interval_ms": 100, "follow": True}, more=True)
        for connection in (everything, one):
            connection.receive()
        # Both are late when it goes on, and so in one round.
        busy.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        busy.process.send_signal(signal.SIGCONT)
        for _ in range(5):
            assert len(everything.receive()["parameters"]["projects"]) == 5
            assert [each["project"] for each in one.receive()["parameters"]["projects"]] == ["bare"]


@pytest.mark.native
def test_without_more_there_is_one_sample(busy):
    with busy.connect() as connection:
        connection.send("Stats", {"follow": True})
        assert "continues" not in connection.receive()
        assert connection.call("Stats", {})["projects"]


@pytest.mark.native
@pytest.mark.parametrize("interval", [0, 99, -1, 3_600_001, 1 << 62])
def test_an_interval_that_nobody_means_is_refused(busy, interval):
    with pytest.raises(Refused) as refused:
        busy.call("Stats", {"interval_ms": interval, "follow": True}, more=True)
    assert "is not between 100 ms and an hour" in refused.value.parameters["message"]


@pytest.mark.native
def test_a_project_that_is_not_there_is_refused(busy):
    outcome = busy.cli("stats", "shpo", check=False)
    assert outcome.returncode == 3
    assert outcome.stderr == "bulkhead: there is no project 'shpo' (hint: did you mean shop?)\n"


def test_a_workload_that_ends_is_gone_from_the_next_sample(busy):
    with busy.connect() as connection:
        connection.send("Stats", {"interval_ms": 100, "follow": True}, more=True)
        assert row(connection.receive()["parameters"], "web")
        busy.call("Stop", {"project": "shop", "service": "web", "wait": True})
        eventually(lambda: row(connection.receive()["parameters"], "web") is None,
                   "web is gone")
        busy.call("Archive", {"project": "bare"})
        eventually(
            lambda: row(connection.receive()["parameters"], project="bare")["phase"] == "archived",
            "bare has gone to the archive")


def test_the_table_and_the_view_show_the_same_projects(busy):
    table = busy.cli("stats").stdout.splitlines()
    assert [line.split()[0] for line in table] == [
        "WORKLOAD", "bare", "off", "shop", "shop/idle", "shop/web"]
    view = busy.cli("top", "--once", "--interval", "300ms").stdout.splitlines()
    # What spins comes first.
    assert view[4].split()[0] == "shop" and view[5].split()[0] == "web"
    assert float(view[5].split()[1].rstrip("%")) > 0
    assert view[-1].split() in (["off", "archived"], ["bare", "active"]), view
    assert json.loads(busy.cli("stats", "--json").stdout)["projects"]
