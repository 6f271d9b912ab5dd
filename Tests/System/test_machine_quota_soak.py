"""Random changes of live projects' limits under a real kernel; scripts/soak does thousands."""

import collections
import random
import re
import statistics
import threading
import time

import pytest

from harness.daemon import Refused, eventually
from harness.holders import MEBIBYTE, assert_same, change, start
from harness.unit import command, slice_of

pytestmark = pytest.mark.machine

# A step of an emulated machine may be long: one that was begun in time is finished.
GRACE_SECONDS = 10


def concurrently(jobs):
    """Runs them all at once; the first failure is this one's."""
    failures = []

    def run(job):
        try:
            job()
        except BaseException as failure:  # pylint: disable=broad-except
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


# MiB held, MiB of files that are read again and again. An interpreter is some 8 of its own.
EATERS = {"shop": (2, 24), "api": (24, 4), "db": (10, 10), "mail": (0, 30), "wiki": (16, 16),
          "chat": (30, 1)}


def shrink(daemon, held, source, tally):
    """One limit of a live project is lowered below what is in use; it is done, or it is not."""
    workload = source.choice([None, "main"])
    before = held.said("memory.max", workload)
    used = held.current(workload)
    target = source.randrange(used // 2, used) & ~0xFFF
    budget_ms = source.randrange(300, 4_000)
    what = f"{held.name}/{workload} {used} to {target} in {budget_ms} ms"
    began = time.monotonic()
    try:
        daemon.call("QuotaSet", {"changes": [change(held.name, str(target), workload=workload)],
                                 "budget_ms": budget_ms})
        outcome = "done"
    except Refused as refused:
        assert refused.name == "QuotaRefused" and refused.parameters["message"], what
        assert {"in_use", "reclaimable", "would_fit"} <= refused.parameters.keys(), refused
        outcome = "refused: " + ("the processes need it" if "need what" in str(refused) else
                                 "not in time" if "in time" in str(refused) else "too little")
    late = time.monotonic() - began - budget_ms / 1000
    assert late < GRACE_SECONDS, what
    assert held.said("memory.max", workload) == (str(target) if outcome == "done" else before), what
    if outcome == "done":
        assert held.current(workload) <= target, what
    held.assert_untouched(what)
    daemon.call("QuotaSet", {"changes": [change(held.name, "default", workload=workload)]})
    assert held.said("memory.max", workload) == before, what
    tally[outcome] += 1
    tally["latest"] = max(tally["latest"], round(late, 1))


@pytest.mark.repeated
def test_whatever_is_asked_live_holders_are_never_killed(daemon, random_source, repetitions):
    holders = start(daemon, EATERS, rest=0.5)
    count = repetitions(12)
    names = sorted(EATERS)
    tally = collections.Counter()
    began = time.monotonic()

    def some(mine, source):
        for _ in range(count // 3):
            shrink(daemon, holders[source.choice(mine)], source, tally)

    concurrently([lambda mine=names[part::3], seed=random_source.random():
                  some(mine, random.Random(seed)) for part in range(3)])
    print(f"{count // 3 * 3} shrinks below use in {time.monotonic() - began:.0f} s:", dict(tally))
    assert_same(daemon, holders)
    assert tally["done"] and tally["refused: too little"]


# So many transactions at once, each of two projects.
GROUPS = [[f"{group}-{part}" for part in "ab"]
          for group in ("one", "two", "three", "four", "five", "six")]


def in_force(holders, names):
    """What the kernel has of all the limits that a transaction changes."""
    return [(holders[name].said("memory.max"), holders[name].said("pids.max"),
             holders[name].said("cpu.max").split()[0], holders[name].said("pids.max", "main"))
            for name in names]


def transaction(names, source):
    """The changes, and what the kernel has when they are in force."""
    changes, wanted = [], []
    for name in names:
        memory, pids = source.randrange(12, 64), source.randrange(20, 200)
        own, hundredths = source.randrange(5, 20), source.randrange(20, 100)
        changes += [change(name, f"{memory}M"), change(name, str(pids), "pids"),
                    change(name, f"0.{hundredths}", "cpu"),
                    change(name, str(own), "pids", "main")]
        wanted.append((str(memory * MEBIBYTE), str(pids), str(hundredths * 1000), str(own)))
    return changes, wanted


def told_by_systemd(names):
    text = command("systemctl", "show", "-p", "MemoryMax", "-p", "TasksMax",
                   *(slice_of(name) for name in names))
    return re.findall(r"^(?:MemoryMax|TasksMax)=(.*)$", text, re.M)


@pytest.mark.repeated
def test_transactions_are_whole_whenever_the_supervisor_is_killed(
        daemon, random_source, repetitions):
    names = [name for group in GROUPS for name in group]
    holders = start(daemon, {name: (4, 8) for name in names}, "64M", rest=3)
    tally = collections.Counter()
    spans = []

    def ask(changes):
        began = time.monotonic()
        try:
            daemon.call("QuotaSet", {"changes": changes, "budget_ms": 3_000})
            tally["answered"] += 1
        except Refused:
            tally["refused"] += 1
        except (AssertionError, OSError):
            return  # It was killed before it could answer.
        spans.append(time.monotonic() - began)

    for _ in range(2):
        asked = [transaction(group, random_source)[0] for group in GROUPS]
        concurrently([lambda changes=changes: ask(changes) for changes in asked])
    span = 1.2 * statistics.median(spans)
    tally.clear()
    rounds = (repetitions(6) + len(GROUPS) - 1) // len(GROUPS)
    began = time.monotonic()
    for round in range(rounds):
        before = [in_force(holders, group) for group in GROUPS]
        asked = [transaction(group, random_source) for group in GROUPS]
        delay = random_source.random() * span

        def kill():
            time.sleep(delay)
            daemon.kill()

        concurrently([kill] + [lambda changes=changes: ask(changes) for changes, _ in asked])
        daemon.start()
        for group, old, (_, new) in zip(GROUPS, before, asked):
            found = eventually(lambda: (now := in_force(holders, group)) in (old, new) and now,
                               f"round {round}: {group} has {old} or {new}")
            tally["after" if found == new else "before"] += 1
        shown = [each for quota in daemon.call("QuotaShow")["quotas"] for each in quota["limits"]]
        assert [each for each in shown if each.get("alarm")] == [], f"round {round}"
        now = [in_force(holders, [name])[0][:2] for name in names]
        assert told_by_systemd(names) == [value for each in now for value in each], f"round {round}"
        for held in holders.values():
            held.assert_untouched(f"round {round}")
    undecided = daemon.reports().count("was not decided when the supervisor ended")
    print(f"{rounds * len(GROUPS)} transactions of 2 projects and 8 limits, {rounds} kills in "
          f"{time.monotonic() - began:.0f} s:", dict(tally), f"{undecided} undecided when killed, "
          f"a transaction took {span / 1.2:.1f} s")
    assert_same(daemon, holders)
