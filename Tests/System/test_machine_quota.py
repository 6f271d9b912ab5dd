"""Limits of live projects are changed under a real kernel: nothing is ever killed for it."""

import pathlib
import threading
import time

import pytest

from harness.daemon import Refused, eventually
from harness.unit import properties, slice_of

pytestmark = pytest.mark.machine

MEBIBYTE = 1 << 20
# Touches so many MiB of its own, reads so many of a file, again and again.
HOLDER = ("import time\n"
          "held = bytearray(b'x') * ({held} << 20)\n"
          "with open('data', 'wb') as file:\n"
          "    for _ in range({cached}):\n"
          "        file.write(bytes(1 << 20))\n"
          "    file.flush()\n"
          "    import os\n"
          "    os.fsync(file.fileno())\n"
          "with open('data', 'rb') as file:\n"
          "    while file.read(1 << 20):\n"
          "        pass\n"
          "open('ready', 'w').close()\n"
          "while True:\n"
          "    time.sleep(2)\n"
          "    held[::4096] = bytes(len(held[::4096]))\n"
          "    with open('data', 'rb') as file:\n"
          "        while file.read(1 << 20):\n"
          "            pass\n")
BUDGET_MS = 30_000


def holder(held, cached, extra=""):
    text = "main:\n  restart: no\n  command:\n    - python3\n    - -c\n    - |\n"
    text += "".join(f"      {line}\n"
                    for line in HOLDER.format(held=held, cached=cached).splitlines())
    return text + extra


def start(daemon, projects, limit="256M"):
    """name → (MiB held, MiB of files cached)."""
    text = "projects:\n"
    for name, (held, cached) in projects.items():
        text += daemon.project(name, holder(held, cached), f"limits: {{ memory: {limit} }}")
    daemon.configure(text)
    directories = [daemon.project_directory(name) for name in projects]
    for directory in directories:
        directory.chmod(0o777)
    daemon.start()
    for directory in directories:
        eventually((directory / "ready").exists, f"{directory} holds its memory", seconds=300)
    return {name: identity(daemon, name) for name in projects}


def identity(daemon, name):
    service = daemon.service(name, "main")
    return service["phase"], service["pid"], service["restarts"]


def kernel(daemon, name):
    return pathlib.Path(daemon.show(name)["cgroup"]).parent


def in_force(daemon, name, file="memory.max"):
    return (kernel(daemon, name) / file).read_text(encoding="ascii").strip()


def kills(daemon, name):
    text = (kernel(daemon, name) / "memory.events").read_text(encoding="ascii")
    return int(dict(line.split() for line in text.splitlines())["oom_kill"])


def is_still(daemon, name):
    events = pathlib.Path(daemon.show(name)["cgroup"], "services/cgroup.events")
    return "frozen 1" in events.read_text(encoding="ascii")


def assert_untouched(daemon, before):
    for name, identity_before in before.items():
        assert kills(daemon, name) == 0, name
        assert identity(daemon, name) == identity_before, name
        assert in_force(daemon, name, "memory.high") == "max", name
        assert not is_still(daemon, name), name


def change(project, value, name="memory", workload=None):
    found = {"project": project, "name": name, "value": value}
    return {**found, "workload": workload} if workload else found


def set_quota(daemon, *changes, **more):
    return daemon.call("QuotaSet", {"changes": list(changes), "budget_ms": BUDGET_MS, **more})


def limit(daemon, project, name="memory", workload=None):
    (quota,) = daemon.call("QuotaShow", {"project": project})["quotas"]
    return next((each for each in quota["limits"]
                 if each["name"] == name and each.get("workload") == workload), None)


def test_cached_files_make_room_and_nobody_notices(daemon):
    before = start(daemon, {"shop": (15, 80)})
    assert int(in_force(daemon, "shop", "memory.current")) > 80 * MEBIBYTE
    (step,) = set_quota(daemon, change("shop", "48M"))["steps"]
    assert step["how"] == "shrinks"
    assert in_force(daemon, "shop") == str(48 * MEBIBYTE)
    assert properties(slice_of("shop"), "MemoryMax") == {"MemoryMax": str(48 * MEBIBYTE)}
    shown = limit(daemon, "shop")
    assert (shown["configured"], shown["in_force"], shown["source"]) == ("48M", "48M", "set")
    assert "alarm" not in shown
    assert_untouched(daemon, before)


def test_what_is_held_is_refused_at_once_and_what_would_fit_does(daemon):
    before = start(daemon, {"shop": (100, 20)})
    began = time.monotonic()
    with pytest.raises(Refused) as refusal:
        set_quota(daemon, change("shop", "64M"), change("shop", "0.5", "cpu"))
    assert time.monotonic() - began < BUDGET_MS / 1000
    told = refusal.value.parameters
    assert refusal.value.name == "QuotaRefused"
    assert told["in_use"] >= 100 * MEBIBYTE
    assert told["would_fit"] >= told["in_use"] - told["reclaimable"]
    assert "bulkhead quota set shop --memory" in told["hint"]
    assert in_force(daemon, "shop") == str(256 * MEBIBYTE)
    assert limit(daemon, "shop", "cpu")["configured"] == "1"
    assert_untouched(daemon, before)
    set_quota(daemon, change("shop", str(told["would_fit"])))
    assert in_force(daemon, "shop") == str(told["would_fit"])
    assert_untouched(daemon, before)


def test_a_services_own_limit_is_changed_while_it_runs(daemon):
    before = start(daemon, {"shop": (15, 60)})
    leaf = pathlib.Path(daemon.show("shop")["cgroup"], "services/main")
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
    assert_untouched(daemon, before)


@pytest.mark.repeated
def test_whatever_is_asked_live_holders_are_never_killed(daemon, random_source, repetitions):
    held = {"shop": (20, 60), "api": (60, 10)}
    before = start(daemon, held)
    outcomes = {"done": 0, "refused": 0}
    for round in range(repetitions(20)):
        name = random_source.choice(sorted(held))
        workload = random_source.choice([None, None, "main"])
        target = f"{random_source.randrange(8, 120)}M"
        began = time.monotonic()
        try:
            set_quota(daemon, change(name, target, workload=workload))
            outcomes["done"] += 1
            shown = limit(daemon, name, workload=workload)
            assert shown["configured"] == shown["in_force"] == target, f"round {round}"
        except Refused as refused:
            outcomes["refused"] += 1
            assert refused.name == "QuotaRefused", refused
        # What was begun in time is finished, in an emulated machine.
        assert time.monotonic() - began < BUDGET_MS / 1000 + 30
        assert_untouched(daemon, before)
        set_quota(daemon, change(name, "default", workload=workload))
    print(outcomes)
    assert outcomes["done"] and outcomes["refused"]


@pytest.mark.repeated
def test_transactions_are_whole_whenever_the_supervisor_is_killed(
        daemon, random_source, repetitions):
    names = ("shop", "api", "db")
    before = start(daemon, {name: (10, 40) for name in names})
    seen = set()
    for round in range(repetitions(10)):
        old = [in_force(daemon, name) for name in names]
        new = [random_source.randrange(35, 250) for _ in names]

        def ask():
            try:
                set_quota(daemon, *(change(name, f"{size}M") for name, size in zip(names, new)))
            except (AssertionError, OSError, Refused):
                pass  # It was killed before it could answer.

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(random_source.random() * 1.5)
        daemon.kill()
        asking.join()
        daemon.start()
        wanted = [str(size * MEBIBYTE) for size in new]

        def settled():
            found = [in_force(daemon, name) for name in names]
            shown = [limit(daemon, name) for name in names]
            return (all(each["configured"] == each["in_force"] for each in shown)
                    and found in (old, wanted) and found)
        found = eventually(settled, f"round {round}: {old} or {wanted}")
        seen.add("after" if found == wanted else "before")
        assert_untouched(daemon, before)
        assert [properties(slice_of(name), "MemoryMax")["MemoryMax"] for name in names] == found
    print(seen)


def test_the_end_of_a_while_takes_nothing_from_whoever_uses_it(daemon):
    before = start(daemon, {"shop": (20, 10)}, limit="96M")
    set_quota(daemon, change("shop", "256M"), for_ms=20_000)
    reply = daemon.call("Execute", {
        "project": "shop", "command": ["python3", "-c",
                                       "x = bytearray(b'x') * (150 << 20)\n"
                                       "import time; time.sleep(3600)"],
        "logged": True, "detached": True}, more=False)
    eventually(lambda: int(in_force(daemon, "shop", "memory.current")) > 150 * MEBIBYTE, "it eats")
    alarm = eventually(lambda: limit(daemon, "shop").get("alarm"), "its time is over")
    shown = limit(daemon, "shop")
    assert (shown["configured"], shown["in_force"]) == ("96M", "256M")
    assert "96M is too little" in alarm
    # Nor does the next supervisor.
    daemon.kill()
    daemon.start()
    assert in_force(daemon, "shop") == str(256 * MEBIBYTE)
    assert_untouched(daemon, before)
    daemon.call("Kill", {"project": "shop", "run": reply["run"], "signal": 9})
    eventually(lambda: in_force(daemon, "shop") == str(96 * MEBIBYTE), "it is tried again")
    assert "alarm" not in limit(daemon, "shop")


def test_processes_that_are_there_stay_and_forks_fail(daemon):
    before = start(daemon, {"shop": (5, 1)})
    reply = set_quota(daemon, change("shop", "2", "pids"))
    assert "processes that are there stay" in reply["steps"][0]["how"]
    assert in_force(daemon, "shop", "pids.max") == "2"
    assert_untouched(daemon, before)
    with pytest.raises(Refused):
        daemon.call("Execute", {"project": "shop", "command": ["/bin/true"], "logged": True})
    set_quota(daemon, change("shop", "default", "pids"))
    daemon.call("Execute", {"project": "shop", "command": ["/bin/true"], "logged": True})
