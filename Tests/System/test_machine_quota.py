"""Limits of live projects are changed under a real kernel: nothing is ever killed for it."""

import contextlib
import pathlib
import threading
import time

import pytest

from harness.daemon import Refused, eventually
from harness.holders import MEBIBYTE, assert_same, change, limit, start
from harness.unit import properties, slice_of

pytestmark = pytest.mark.machine

BUDGET_MS = 30_000


def set_quota(daemon, *changes, **more):
    return daemon.call("QuotaSet", {"changes": list(changes), "budget_ms": BUDGET_MS, **more})


def test_cached_files_make_room_and_nobody_notices(daemon):
    holders = start(daemon, {"shop": (15, 80)})
    assert holders["shop"].current() > 80 * MEBIBYTE
    (step,) = set_quota(daemon, change("shop", "48M"))["steps"]
    assert step["how"] == "shrinks"
    assert holders["shop"].said("memory.max") == str(48 * MEBIBYTE)
    assert properties(slice_of("shop"), "MemoryMax") == {"MemoryMax": str(48 * MEBIBYTE)}
    shown = limit(daemon, "shop")
    assert (shown["configured"], shown["in_force"], shown["source"]) == ("48M", "48M", "set")
    assert "alarm" not in shown
    assert_same(daemon, holders)


def test_what_is_held_is_refused_at_once_and_what_would_fit_does(daemon):
    holders = start(daemon, {"shop": (100, 20)})
    began = time.monotonic()
    with pytest.raises(Refused) as refusal:
        set_quota(daemon, change("shop", "64M"), change("shop", "0.5", "cpu"))
    assert time.monotonic() - began < BUDGET_MS / 1000
    told = refusal.value.parameters
    assert refusal.value.name == "QuotaRefused"
    assert told["in_use"] >= 100 * MEBIBYTE
    assert told["would_fit"] >= told["in_use"] - told["reclaimable"]
    assert "bulkhead quota set shop --memory" in told["hint"]
    assert holders["shop"].said("memory.max") == str(256 * MEBIBYTE)
    assert limit(daemon, "shop", "cpu")["configured"] == "1"
    assert_same(daemon, holders)
    set_quota(daemon, change("shop", str(told["would_fit"])))
    assert holders["shop"].said("memory.max") == str(told["would_fit"])
    assert_same(daemon, holders)


def test_a_services_own_limit_is_changed_while_it_runs(daemon):
    holders = start(daemon, {"shop": (15, 60)})
    leaf = holders["shop"].leaf
    set_quota(daemon, change("shop", "48M", workload="main"),
              change("shop", "50", "pids", "main"))
    assert (leaf / "memory.max").read_text() == f"{48 * MEBIBYTE}\n"
    assert (leaf / "pids.max").read_text() == "50\n"
    assert (leaf / "memory.high").read_text() == "max\n"
    with pytest.raises(Refused):
        set_quota(daemon, change("shop", "10M", workload="main"))
    assert (leaf / "memory.max").read_text() == f"{48 * MEBIBYTE}\n"
    set_quota(daemon, change("shop", "default", workload="main"),
              change("shop", "default", "pids", "main"))
    assert (leaf / "memory.max").read_text() == "max\n"
    assert (leaf / "pids.max").read_text() == "max\n"
    assert_same(daemon, holders)


def test_the_end_of_a_while_takes_nothing_from_whoever_uses_it(daemon):
    holders = start(daemon, {"shop": (20, 10)}, limit="96M")
    set_quota(daemon, change("shop", "256M"), for_ms=20_000)
    reply = daemon.call("Execute", {
        "project": "shop", "command": ["python3", "-c",
                                       "x = bytearray(b'x') * (150 << 20)\n"
                                       "import time; time.sleep(3600)"],
        "logged": True, "detached": True}, more=False)
    eventually(lambda: holders["shop"].current() > 150 * MEBIBYTE, "it eats")
    # Before it is told that it does not fit, what is in force is another than what is wanted.
    eventually(lambda: "96M is too little" in limit(daemon, "shop").get("alarm", ""), "its time is over")
    shown = limit(daemon, "shop")
    assert (shown["configured"], shown["in_force"]) == ("96M", "256M")
    # Nor does the next supervisor.
    daemon.kill()
    daemon.start()
    assert holders["shop"].said("memory.max") == str(256 * MEBIBYTE)
    assert_same(daemon, holders)
    daemon.call("Kill", {"project": "shop", "run": reply["run"], "signal": 9})
    eventually(lambda: holders["shop"].said("memory.max") == str(96 * MEBIBYTE),
               "it is tried again")
    assert "alarm" not in limit(daemon, "shop")


def test_processes_that_are_there_stay_and_forks_fail(daemon):
    holders = start(daemon, {"shop": (5, 1)})
    reply = set_quota(daemon, change("shop", "2", "pids"))
    assert "processes that are there stay" in reply["steps"][0]["how"]
    assert holders["shop"].said("pids.max") == "2"
    assert_same(daemon, holders)
    with pytest.raises(Refused):
        daemon.call("Execute", {"project": "shop", "command": ["/bin/true"], "logged": True})
    set_quota(daemon, change("shop", "default", "pids"))
    daemon.call("Execute", {"project": "shop", "command": ["/bin/true"], "logged": True})


def test_what_a_supervisor_left_half_done_is_put_back(daemon):
    holders = start(daemon, {"shop": (5, 100)}, rest=0.2)
    held = holders["shop"]
    asking = threading.Thread(target=lambda: suppressed(
        lambda: set_quota(daemon, change("shop", "30M"), change("shop", "50", "pids"))))
    asking.start()
    eventually(lambda: held.said("memory.high") != "max", "it is being squeezed")
    daemon.kill()
    asking.join()
    daemon.start()
    # Nobody takes it for somebody else's.
    assert_same(daemon, holders)
    assert held.said("memory.max") == str(256 * MEBIBYTE)
    assert limit(daemon, "shop")["source"] == "configuration"


def suppressed(ask):
    """Its supervisor is killed before it can answer."""
    with contextlib.suppress(AssertionError, OSError):
        ask()


TASK = ("tasks:\n  build:\n    command: [/bin/sleep, infinity]\n"
        "    limits: { pids: 30, memory: 64M, cpu: 0.5 }\n")


def test_limits_of_a_task_change_while_it_runs(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", "", TASK))
    daemon.start()
    daemon.await_ready("shop")

    def begin(**more):
        run = daemon.call("Execute", {
            "project": "shop", "command": [], "task": "build", "kind": "task", "logged": True,
            "detached": True, **more})["run"]
        return pathlib.Path(daemon.show("shop")["cgroup"], "tasks", str(run))

    plain, own = begin(), begin(pids=12)

    def said(leaf):
        return [(leaf / name).read_text().split()[0]
                for name in ("memory.max", "pids.max", "cpu.max")]

    assert said(plain) == [str(64 * MEBIBYTE), "30", "50000"]
    assert said(own) == [str(64 * MEBIBYTE), "12", "50000"]
    set_quota(daemon, change("shop", "40M", workload="build"),
              change("shop", "25", "pids", "build"), change("shop", "0.3", "cpu", "build"))
    for _ in range(2):
        assert said(plain) == [str(40 * MEBIBYTE), "25", "30000"]
        # What was asked for with the run itself stays its own.
        assert said(own) == [str(40 * MEBIBYTE), "12", "30000"]
        daemon.kill()
        daemon.start()
    # Processors are given back too, which the kernel does not take of who has processes.
    set_quota(daemon, change("shop", "0", "cpus", "build"), change("shop", "0", "cpus"))
    assert (plain / "cpuset.cpus.effective").read_text() == "0\n"
    set_quota(daemon, change("shop", "default", "cpus", "build"), change("shop", "default", "cpus"))
    assert (plain / "cpuset.cpus.effective").read_text() == "0-1\n"
    set_quota(daemon, *(change("shop", "default", name, "build")
                        for name in ("memory", "pids", "cpu")))
    assert said(plain) == [str(64 * MEBIBYTE), "30", "50000"]
    assert said(own) == [str(64 * MEBIBYTE), "12", "50000"]


def test_what_the_kernel_does_not_take_leaves_no_file_and_no_override(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", "main: { command: [/bin/sleep, infinity] }", "limits: { cpus: '0', pids: 40 }"))
    daemon.start()
    daemon.await_ready("shop")
    set_quota(daemon, change("shop", "50", "pids"))
    before = daemon.call("QuotaShow")
    for persist in (False, True):
        # More than before, so that it is written last; and no kernel is built for so many.
        with pytest.raises(Refused):
            set_quota(daemon, change("shop", "0,8191", "cpus"), change("shop", "60", "pids"),
                      persist=persist)
        assert shown(daemon) == shown(before)
        assert not list(daemon.configuration.glob("quotas.d/*"))
    assert [each["verb"] for each in daemon.call("ConfigurationPlan")["changes"]] == ["keep"]


def shown(source):
    """Limits without what is counted while it is looked."""
    reply = source if isinstance(source, dict) else source.call("QuotaShow")
    return [{key: each[key] for key in each if key not in ("in_use", "peak", "hits")}
            for quota in reply["quotas"] for each in quota["limits"]]
