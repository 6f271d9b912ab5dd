"""What bulkhead top and stats say of projects under load, against what the kernel says."""

import contextlib
import json
import os
import pathlib
import subprocess
import threading
import time

import pytest

from harness import shop, storage
from harness.daemon import eventually
from harness.terminal import Terminal

pytestmark = pytest.mark.machine

RESULTS = pathlib.Path("/results")
BURNER = shop.sh("while :; do :; done")
HOLDER = ["/usr/bin/python3", "-c",
          "held = bytearray(b'x') * (90 << 20)\nimport time\ntime.sleep(9999)"]
WRITER = shop.sh("while :; do dd if=/dev/zero of=data bs=64k count=128 conv=fsync status=none; "
                 "sleep 0.2; done")


def service(name, command, more=""):
    return f"{name}: {{ command: {json.dumps(command)}{more} }}\n"


@pytest.fixture
def loaded(daemon):
    """Projects that do all sorts of things."""
    text = daemon.project(
        "shop", service("web", BURNER, ", limits: { cpu: 0.3 }")
        + service("db", HOLDER) + service("cron", shop.SLEEP),
        "limits: { memory: 128M, cpu: 1, pids: 50 }")
    text += daemon.project(
        "crashing", service("loop", shop.sh("sleep 0.2; exit 3"), ", restart: { delay: 100ms, "
                            "delay_max: 300ms }, breaker: off"))
    text += daemon.project("quiet-one-with-a-long-name", service("main", shop.SLEEP))
    text += storage.entry(daemon, "archive", "storage: volume", "volume_kind: image",
                          "services:", "  " + service("writer", WRITER).strip(),
                          limits="disk: 40M, inodes: 2000, memory: 64M")
    daemon.configure("projects:\n" + text)
    daemon.start()
    daemon.await_ready("archive")
    daemon.await_ready("shop")
    return daemon


def usage(daemon):
    found = daemon.call("Stats")["projects"]
    return {each["project"] + ("/" + each["workload"] if "workload" in each else ""): each
            for each in found}


def test_stats_say_what_the_kernel_says(loaded):
    slice_ = pathlib.Path(loaded.show("shop")["cgroup"]).parent

    def kernel(name):
        return int((slice_ / name).read_text().split()[0])

    def held():
        found = usage(loaded)["shop"]
        return found if found["memory_bytes"] > 90 << 20 else None
    whole = eventually(held, "db holds its memory")
    assert whole["memory_max_bytes"] == kernel("memory.max") == 128 << 20
    assert abs(whole["memory_bytes"] - kernel("memory.current")) < 16 << 20
    assert whole["processes_max"] == kernel("pids.max") == 50
    assert abs(whole["processes"] - kernel("pids.current")) <= 2
    assert whole["cpu_millicores_max"] == 1000
    before, began = usage(loaded)["shop/web"], time.monotonic()
    time.sleep(4)
    after, spent = usage(loaded)["shop/web"], time.monotonic() - began
    assert after["cpu_millicores_max"] == 300
    assert 0.05 < (after["cpu_us"] - before["cpu_us"]) / 1e6 / spent < 0.4
    pressure = {each["resource"]: each["some"] for each in after["pressure"]}
    assert pressure["cpu"] > 20, after
    archive = usage(loaded)["archive"]
    # A file of 8 MiB is written anew again and again.
    assert 0 < archive["disk_bytes"] <= archive["disk_max_bytes"] == 40 << 20, archive
    eventually(lambda: usage(loaded)["archive"]["written_bytes"] > 16 << 20, "it has written")
    eventually(lambda: usage(loaded)["crashing"]["restarts"] > 2, "it was started again")
    # What holds it up now, by the limit that does it, and by what to type.
    found = eventually(lambda: (one := loaded.call("Explain", {
        "project": "shop", "workload": "web"})) and one["cause"] == "slow-cpu" and one, "it is slow")
    assert found["state"] == "slow" and "cpu.max 0.3" in found["text"], found
    assert found["suggestion"] == "bulkhead quota set shop/web --cpu 0.45"
    loaded.cli(*found["suggestion"].split()[1:])


def test_top_and_stats_for_people_and_for_programs(loaded):
    eventually(lambda: usage(loaded)["shop"]["memory_bytes"] > 90 << 20, "db holds its memory")
    shown = loaded.cli("top", "--once").stdout
    assert all(len(line) <= 80 for line in shown.splitlines()), shown
    assert "\x1b" not in shown and "shop" in shown and "  web" in shown, shown
    environment = {**os.environ, "BULKHEAD_SOCKET": str(loaded.socket)}
    following = subprocess.Popen(
        [loaded.client, "stats", "--json", "--follow", "--interval", "300ms"], text=True,
        stdout=subprocess.PIPE, env=environment)
    lines = [json.loads(following.stdout.readline()) for _ in range(3)]
    following.terminate()
    following.wait(60)
    assert all(each["projects"] and each["machine"]["processors"] for each in lines), lines
    assert lines[0]["at_us"] < lines[1]["at_us"] < lines[2]["at_us"]
    for rows, columns in ((24, 80), (40, 120)):
        seen = watched(loaded, rows, columns)
        assert "shop" in seen and "archive" in seen
        if RESULTS.is_dir():
            (RESULTS / f"top-{columns}.raw").write_text(seen)


def watched(daemon, rows, columns):
    """What top draws within some seconds, until q is pressed; the terminal is as it was."""
    terminal = Terminal(rows, columns)
    try:
        before = terminal.settings()
        process = subprocess.Popen(
            [daemon.client, "top", "--interval", "1s"], stdin=terminal.slave,
            stdout=terminal.slave, stderr=terminal.slave, start_new_session=True,
            env={**os.environ, "BULKHEAD_SOCKET": str(daemon.socket), "TERM": "xterm-256color"})
        timer = threading.Timer(8, lambda: terminal.type("q"))
        timer.start()
        seen = terminal.read_until("\x1b[?1049l", seconds=90)
        timer.join()
        assert process.wait(60) == 0
        assert terminal.settings() == before
        return seen
    finally:
        with contextlib.suppress(OSError):
            terminal.close()
