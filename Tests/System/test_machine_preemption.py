"""What is taken from projects while the machine is short of something, and limits that follow what is used."""

import contextlib
import json
import pathlib
import sqlite3
import subprocess
import threading
import time

import pytest

from harness.daemon import eventually
from harness.schedule import SETTINGS, limits, share

pytestmark = pytest.mark.machine

# MARK: Pressure

EATER = ["/usr/bin/python3", "-I", "-c", "held = bytearray(b'x') * (80 << 20)\n"
         "import time\nwhile True: time.sleep(1)"]
# Ends when it is told that it has to, and not before. The next one finds less memory than that one had: its
# project is still squeezed.
LISTENER = ["/usr/bin/python3", "-I", "-c",
            "import os, signal, socket\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "size = 1 if os.path.exists('heard') else 80\n"
            "heard = open('heard', 'ab', 0)\n"
            "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
            "s.bind('')\n"
            "s.connect(os.environ['NOTIFY_SOCKET'])\n"
            "held = bytearray(b'x') * (size << 20)\n"
            "s.send(b'BULKHEAD_NOTICES=1\\nREADY=1')\n"
            "said = b''\n"
            "while b'stop' not in said:\n"
            "    said = s.recv(100)\n"
            "    heard.write(said)"]
# Wants new memory all the time, and never more than that.
CHURNER = ["/usr/bin/python3", "-I", "-c", "while True: held = bytearray(b'x') * (64 << 20)"]
# A minute at ease is a rung.
EASE_SECONDS = 240


def press(directory, percent):
    """The machine stalls for memory, and looks for some in vain."""
    for name in ("cpu", "memory", "io"):
        share = percent if name == "memory" else 0
        write(directory / name, f"some avg10={share:.2f} avg60=0.00 avg300=0.00 total=1\n"
                                f"full avg10={share:.2f} avg60=0.00 avg300=0.00 total=1\n")


def scan(directory, pages):
    write(directory / "vmstat", f"pgfault 12\npgscan_kswapd {pages}\npgscan_direct 0\n")


def write(path, text):
    new = path.with_name(f".{path.name}")
    new.write_text(text)
    new.rename(path)


@pytest.fixture
def pressure(daemon):
    """A directory that says how the machine stalls, which looks for memory more and more."""
    directory = daemon.directory / "pressure"
    directory.mkdir()
    press(directory, 0)
    is_over = threading.Event()

    def count():
        pages = 0
        while not is_over.is_set():
            pages += 1000
            scan(directory, pages)
            is_over.wait(0.2)

    thread = threading.Thread(target=count)
    thread.start()
    yield directory
    is_over.set()
    thread.join()


def taken(daemon):
    return {each["project"]: each["preemption"] for each in daemon.call("ScheduleShow")["shares"]}


def await_taken(daemon, name, rung, seconds=90):
    eventually(lambda: taken(daemon)[name] == rung, f"{name} is {rung}", seconds)


def history(daemon, project):
    """What the ladder did with it, the oldest first."""
    records = daemon.call("ScheduleHistory", {"project": project, "limit": 1000})["records"]
    return [(each["cause"], each["change"]) for each in reversed(records)
            if each["cause"] in ("pressure", "ease") and " → " in each["change"]
            and "_" not in each["change"]]


def test_a_machine_that_stalls_takes_from_the_least_important_and_gives_back(daemon, pressure):
    text = daemon.project("low", f"eater: {{ command: {json.dumps(LISTENER)}, "
                          "health: { notify: true } }", "priority: low\nlimits: { memory: 256M }")
    text += daemon.project("safe", f"eater: {{ command: {json.dumps(EATER)} }}",
                           "priority: low\nlimits: { memory: 256M, memory_min: 200M }")
    heard = daemon.project_directory("low") / "heard"
    daemon.project_directory("low").chmod(0o777)

    def configure(most):
        daemon.configure(f"global: {{ {SETTINGS}, preemption: {most} }}\nprojects:\n{text}")

    configure("stop")
    environment = {"BULKHEAD_PRESSURE": str(pressure)}
    daemon.start(environment)
    daemon.await_ready("low")
    daemon.await_ready("safe")
    run = daemon.service("safe", "eater")["run"]
    eventually(lambda: share(daemon, "low").get("use", {}).get("memory", 0) > 60 << 20, "a look")

    def why():
        return " ".join(daemon.call("Why", {"project": "low"})["lines"])

    press(pressure, 80)
    await_taken(daemon, "low", "squeezed")
    assert "it is squeezed: the machine stalled" in why()
    await_taken(daemon, "low", "frozen")
    assert daemon.show("low")["phase"] == "paused"
    assert "it stands still, preempted: the machine stalls for memory in 80 %" in why()
    # What was taken is known to whoever comes next.
    daemon.kill()
    daemon.start(environment)
    assert taken(daemon) == {"low": "frozen", "safe": "none"}
    await_taken(daemon, "low", "stopped")
    eventually(lambda: daemon.show("low")["phase"] == "stopped", "nothing of it runs")
    assert "it is stopped, preempted: the machine stalls for memory" in why()
    found = daemon.call("Explain", {"project": "low", "workload": "eater"})
    assert found["cause"] == "preempted", found
    # It heard of each before, and ended when it was told to.
    assert heard.read_text() == "".join(
        f"BULKHEAD_PREEMPTION={word}\n" for word in ("squeeze", "freeze", "stop"))
    assert taken(daemon)["safe"] == "none"

    # Undone in reverse: a rung a minute at ease, and at once where nobody may be cut back.
    press(pressure, 0)
    for rung in ("frozen", "squeezed"):
        await_taken(daemon, "low", rung, EASE_SECONDS)
    daemon.await_ready("low")
    configure("'off'")
    daemon.call("ConfigurationApply")
    await_taken(daemon, "low", "none")
    eventually(lambda: heard.read_text().endswith("=none\n"), "it is told that it is over")
    assert history(daemon, "low") == [
        ("pressure", "as it was → squeezed"), ("pressure", "squeezed → frozen"),
        ("pressure", "frozen → stopped"), ("ease", "stopped → frozen"),
        ("ease", "frozen → squeezed"), ("ease", "squeezed → as it was")]
    assert [record["reason"] for record in
            daemon.call("ScheduleHistory", {"project": "low", "limit": 1000})["records"]
            if record["change"].endswith(" → as it was")] == ["nobody is cut back any more"]
    eventually(lambda: not any(limit["name"] == "memory_high" and limit["source"] == "scheduler"
                               for limit in limits(daemon, "low")), "nothing of it is left")
    # Who was within its guarantee never noticed.
    assert history(daemon, "safe") == []
    assert daemon.service("safe", "eater")["run"] == run
    assert daemon.show("safe")["phase"] == "active"


def common_limit(value):
    subprocess.run(["systemctl", "set-property", "--runtime", "bulkhead.slice",
                    f"MemoryHigh={value}"], check=True)


def test_projects_that_have_too_little_together_make_room(daemon):
    """No pretence: all projects together may use less than they do, and stall for it."""
    text = daemon.project("low", f"eater: {{ command: {json.dumps(CHURNER)} }}",
                          "priority: low\nlimits: { memory: 256M }")
    text += daemon.project("safe", f"eater: {{ command: {json.dumps(EATER)} }}",
                           "priority: low\nlimits: { memory: 256M, memory_min: 200M }")
    daemon.configure(f"global: {{ {SETTINGS}, preemption: freeze }}\nprojects:\n{text}")
    daemon.start()
    daemon.await_ready("low")
    daemon.await_ready("safe")
    eventually(lambda: share(daemon, "safe").get("use", {}).get("memory", 0) > 80 << 20, "a look")
    try:
        common_limit("130M")
        await_taken(daemon, "low", "frozen", EASE_SECONDS)
        assert taken(daemon)["safe"] == "none"
        # A death in the middle of it loses nothing, and nobody is frozen for good.
        daemon.kill()
        daemon.start()
        assert taken(daemon) == {"low": "frozen", "safe": "none"}
    finally:
        common_limit("infinity")
    await_taken(daemon, "low", "squeezed", EASE_SECONDS)
    assert daemon.show("low")["phase"] == "active"


def test_who_stalls_at_a_limit_of_its_own_takes_from_nobody(daemon):
    # What earlier tests left in caches would be looked through for room.
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
    text = daemon.project("loud", f"eater: {{ command: {json.dumps(CHURNER)} }}",
                          "priority: critical\nlimits: { memory: 256M, memory_high: 48M }")
    text += daemon.project("low", f"eater: {{ command: {json.dumps(EATER)} }}",
                           "priority: low\nlimits: { memory: 256M }")
    daemon.configure(f"global: {{ {SETTINGS}, preemption: stop }}\nprojects:\n{text}")
    daemon.start()
    daemon.await_ready("low")
    # The whole machine's PSI says that it is in trouble, for longer than three rungs take.
    eventually(lambda: daemon.call("ScheduleShow")["pressure"]["memory"] > 40, "it stalls")
    end = time.monotonic() + 35
    while time.monotonic() < end:
        assert taken(daemon) == {"loud": "none", "low": "none"}
        time.sleep(1)
    assert daemon.call("ScheduleShow")["pressure"]["memory"] > 30
    assert history(daemon, "low") == [] and history(daemon, "loud") == []


# MARK: Limits that follow

# Holds as many mebibytes as the file `size` says: a mebibyte a second more, or all at once.
GROWER = ["/usr/bin/python3", "-I", "-c",
          "import os, time\n"
          "held = []\n"
          "while True:\n"
          "    wanted = int(open('size').read())\n"
          "    now = 1000 if os.path.exists('jump') else 1\n"
          "    while len(held) < wanted and now > 0:\n"
          "        held.append(bytearray(b'x') * (1 << 20))\n"
          "        now -= 1\n"
          "    time.sleep(1)"]
MEBIBYTE = 1 << 20


def remember(daemon, project, mebibytes):
    """Hours that an earlier supervisor saw: ten minutes each, the last of them now."""
    with contextlib.closing(sqlite3.connect(daemon.state / "ledger.db")) as ledger:
        ledger.execute("DELETE FROM schedule_samples")
        start = time.time_ns() - len(mebibytes) * 600 * 10**9
        for index, amount in enumerate(mebibytes):
            ledger.execute(
                "INSERT INTO schedule_samples (at, project, span, cpu, memory, disk, slots, "
                "cpu_stall, memory_stall, io_stall, kills) VALUES (?, ?, 600000, 10, ?, 0, 0, 0, 0, "
                "0, 0)", (start + index * 600 * 10**9, project, amount * MEBIBYTE))
        ledger.commit()


def memory_limit(daemon, project):
    """In bytes, as the kernel has it."""
    (row,) = (each for each in limits(daemon, project) if each["name"] == "memory")
    text = row["in_force"]
    return int(float(text.rstrip("KMG")) * {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
               .get(text[-1], 1))


def kills(daemon):
    return sum(each["kills"] for each in
               daemon.call("ScheduleSamples", {"limit": 50_000})["samples"])


def test_a_limit_follows_what_is_used(daemon):
    directory = daemon.project_directory("shop")
    directory.chmod(0o777)
    write(directory / "size", "10")
    daemon.configure(
        "global: { scheduling_interval_seconds: 1, resource_rebalance_interval_seconds: 1, "
        "resource_allocation_strategy: dynamic, preemption: off }\nprojects:\n"
        + daemon.project("shop", f"web: {{ command: {json.dumps(GROWER)}, "
                         "restart: { delay: 1s, delay_max: 2s }, "
                         "breaker: 'off' }", "limits: { memory: 256M }"))
    daemon.start()
    daemon.await_ready("shop")
    # Of a minute nothing can be said.
    assert memory_limit(daemon, "shop") == 256 * MEBIBYTE
    run = daemon.service("shop", "web")["run"]

    # Three hours ago it used 200 MiB, and since then 60: the limit falls to what leaves a margin.
    daemon.kill()
    remember(daemon, "shop", [200] * 6 + [60] * 18)
    daemon.start()
    eventually(lambda: memory_limit(daemon, "shop") <= 80 * MEBIBYTE, "the limit falls")
    assert memory_limit(daemon, "shop") >= 60 * MEBIBYTE
    lines = daemon.call("Why", {"project": "shop"})["lines"]
    assert any(line.startswith("its memory limit is ") for line in lines), lines

    # It grows past that, and the limit with it: nobody is killed for a limit that follows.
    before = memory_limit(daemon, "shop")
    write(directory / "size", "100")
    eventually(lambda: share(daemon, "shop").get("use", {}).get("memory", 0) >= 100 * MEBIBYTE,
               "it has grown", 300)
    eventually(lambda: memory_limit(daemon, "shop") > max(before, 105 * MEBIBYTE), "a margin")
    assert daemon.service("shop", "web")["run"] == run
    assert kills(daemon) == 0

    # It jumps where no limit could follow: a process is killed, and then there is room for it.
    before = memory_limit(daemon, "shop")
    (directory / "jump").touch()
    write(directory / "size", "200")
    eventually(lambda: kills(daemon) >= 1, "it is killed")
    eventually(lambda: memory_limit(daemon, "shop") >= before * 1.3, "the limit rises")
    eventually(lambda: share(daemon, "shop").get("use", {}).get("memory", 0) >= 200 * MEBIBYTE
               and daemon.service("shop", "web")["phase"] == "running", "it has what it wants", 180)
    assert memory_limit(daemon, "shop") <= 256 * MEBIBYTE
    assert kills(daemon) <= 6
