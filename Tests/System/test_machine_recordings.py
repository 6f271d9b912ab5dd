"""Recordings of sessions with the installed unit: the recorder outlives it, its record is in the journal,
and where the disk is full the session ends."""

import contextlib
import json
import os
import pathlib
import subprocess

import pytest

from harness.daemon import eventually
from harness.journald import Trail
from harness.terminal import Terminal
from harness.unit import command, properties

pytestmark = pytest.mark.machine

CONSOLE = "console: { command: [/bin/sh], terminal: true, grace: 100ms }"


@pytest.fixture
def shop(installed):
    installed.configure("global: { audit: { record_sessions: output } }\nprojects:\n"
                        + installed.project("shop", CONSOLE))
    installed.start()
    installed.await_ready("shop")
    return installed


def start(supervisor, terminal, *arguments):
    return subprocess.Popen([supervisor.client, *arguments], stdin=terminal.slave,
                            stdout=terminal.slave, stderr=terminal.slave)


def recordings(*words):
    done = subprocess.run(["bulkhead", "audit", "recordings", "--json", *words], check=False,
                          capture_output=True, text=True, timeout=300)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def listed(state):
    """The newest recording, once it is this: the journal has those of others too."""
    def look():
        _, found = recordings()
        return found and found[-1]["state"] == state and found[-1]

    return eventually(look, f"its recording is {state}")


def test_a_session_and_its_recording_outlive_the_unit(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = start(shop, terminal, "attach", "shop/console")
        terminal.read_until("this session is recorded")
        terminal.type("stty -echo; echo here$((1+1))\n")
        terminal.read_until("here2")
        group = properties("bulkhead.service", "ControlGroup")["ControlGroup"]
        before = pathlib.Path(f"/sys/fs/cgroup{group}/cgroup.procs").read_text().split()
        recorder, = (p for p in before if "--record" in pathlib.Path(f"/proc/{p}/cmdline").read_text())
        # Whatever the unit is kept from, a recorder gets its own: it is nobody's to protect.
        assert pathlib.Path(f"/proc/{recorder}/oom_score_adj").read_text() == "0\n"
        shop.kill()
        command("systemctl", "restart", "bulkhead.service")
        eventually(shop.answers, "it answers")
        assert os.path.exists(f"/proc/{recorder}")
        terminal.type("echo again$((1+1))\n")
        terminal.read_until("again2")
        terminal.type("\x1d")
        assert process.wait(300) == 0
    one = listed("intact")
    assert one["kind"] == "attach" and one["actor"] == "root" and one["project"] == "shop"
    text = command("bulkhead", "audit", "play", one["file"])
    assert "here2" in text and "again2" in text
    # Nothing of the project's, and nobody but root, reads it.
    assert os.stat(one["file"]).st_mode & 0o777 == 0o600
    Trail(shop).verified()
    with open(one["file"], "r+b") as file:
        file.seek(200)
        file.write(b"x")
    status, found = recordings()
    assert status == 1 and found[-1]["state"] == "ALTERED"


def test_a_session_ends_where_the_disk_is_full(shop):
    place = shop.state / "recordings"
    command("mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "full", str(place))
    try:
        done = shop.cli("exec", "shop", "--", "sh", "-c", "while :; do echo 0123456789; done",
                        check=False)
        assert done.returncode != 0 and "not recorded any more" in done.stderr
        assert listed("cut short")["bytes"] > 0
        # The disk is full still: the header of the next has no room.
        done = shop.cli("exec", "shop", "true", check=False)
        assert done.returncode != 0 and "cannot be recorded" in done.stderr
        assert "ENOSPC" in done.stderr and "make room" in done.stderr
        assert [p.suffix for p in place.iterdir()] == [".cast"]
    finally:
        command("umount", str(place))
    shop.cli("exec", "shop", "true")
