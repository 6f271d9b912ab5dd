"""bulkhead audit recordings and play: what is there of recorded sessions, whether it is as it was, and how
it is shown without doing anything to whoever looks."""

import contextlib
import json
import os
import re
import subprocess
import time

import pytest

from harness import audit, chain, sandbox
from harness.recordings import records
from harness.terminal import Terminal

# With the journal itself: test_machine_recordings.py.
pytestmark = pytest.mark.native


@pytest.fixture
def shop(daemon):
    daemon.configure("global: { audit: { record_sessions: output } }\nprojects:\n"
                     + daemon.project("shop", "main: { command: [/bin/sleep, infinity], grace: 1s }"))
    daemon.start()
    daemon.await_ready("shop")
    return daemon


def review(*words):
    return subprocess.run([sandbox.find_program(), "audit", *map(str, words)], capture_output=True,
                          text=True, timeout=sandbox.DEADLINE_SECONDS, check=False,
                          env=sandbox.environment({"TZ": "UTC", "NO_COLOR": None}))


@pytest.fixture
def export(tmp_path):
    """The trail as the journal would have it."""
    def write(daemon):
        entries = [r | {"BULKHEAD_HASH": chain.digest(r)} for r in audit.records(daemon)]
        return chain.export(tmp_path / "day.export", entries)

    return write


def test_each_recording_is_listed_with_what_became_of_it(shop, export):
    paths = []
    for word in ("one", "two", "three"):
        shop.cli("exec", "shop", "echo", word)
        paths.append(records(shop, len(paths) + 1)[-1]["BULKHEAD_RECORDING"])
    journal = export(shop)
    done = review("recordings", "--journal", journal)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split()[-1] for line in lines] == paths
    shape = r"[-0-9]+ [:0-9]+ shop/exec-\d+ +exec +root +intact +/"
    assert all(re.match(shape, line) for line in lines)
    data = open(paths[0], "rb").read()
    with open(paths[0], "wb") as file:
        file.write(data.replace(b"one", b"own"))
    os.unlink(paths[1])
    done = review("recordings", "--journal", journal, "--json")
    assert done.returncode == 1
    assert done.stderr == "bulkhead-audit: 2 of 3 are not what was recorded\n"
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["state"] for r in found] == ["ALTERED", "MISSING", "intact"]
    assert [r["file"] for r in found] == paths and {r["actor"] for r in found} == {"root"}
    assert review("recordings", "--journal", journal, "--project", "other").stdout == ""
    # The record of a recording's end is later than its beginning and names nobody.
    begun = [json.loads(line)["at_us"] for line in done.stdout.splitlines()]
    until = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(begun[0] // 1_000_000 + 1))
    for words in (["--actor", "root"], ["--actor", "0"], ["--until", until], ["--project", "shop"]):
        chosen = review("recordings", "--journal", journal, *words)
        assert chosen.returncode == 1 and "ALTERED" in chosen.stdout, (words, chosen)
    assert review("recordings", "--journal", journal, "--actor", "nobody").returncode == 0
    # The status is that of all of them, also where nobody reads to the end.
    piped = subprocess.run(
        ["bash", "-c",
         'trap "" PIPE; "$0" audit recordings --journal "$1" | true; echo "${PIPESTATUS[0]}"',
         sandbox.find_program(), journal], capture_output=True, text=True, check=True)
    assert piped.stdout == "1\n" and "2 of 3 are not what was recorded" in piped.stderr, piped


def test_who_may_not_read_the_files_is_not_told_that_they_are_well(shop, export):
    shop.cli("exec", "shop", "echo", "one")
    path = records(shop, 1)[-1]["BULKHEAD_RECORDING"]
    journal = export(shop)
    os.chmod(journal, 0o644)
    for directory in journal.parents:
        if directory.stat().st_uid == os.getuid() and directory != directory.parent:
            os.chmod(directory, directory.stat().st_mode | 0o011)
    done = subprocess.run(
        [sandbox.find_program(), "audit", "recordings", "--journal", journal], capture_output=True,
        text=True, check=False, user=65534, group=65534, extra_groups=[], env=sandbox.environment({}))
    assert done.returncode == 2 and "unknown: EACCES" in done.stdout and path in done.stdout, done
    assert done.stderr == ("bulkhead-audit: 1 of 1 is not known to be intact (hint: the files are for root "
                           "alone: run it as root)\n")
    done = subprocess.run(
        [sandbox.find_program(), "audit", "play", path], capture_output=True, text=True, check=False,
        user=65534, group=65534, extra_groups=[], env=sandbox.environment({}))
    assert done.returncode != 0 and "recordings are for root alone: sudo" in done.stderr, done


def test_a_recording_is_played_as_text_and_as_it_was(shop):
    shop.cli("exec", "shop", "--", "sh", "-c",
             r"printf '\033[31mred\033[0m\033]0;evil\007\n'; sleep 0.5; echo done")
    path = records(shop)[0]["BULKHEAD_RECORDING"]
    done = review("play", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "red\ndone\n", "")
    named = review("play", "--state", shop.state, os.path.basename(path))
    assert named.stdout == "red\ndone\n"
    assert review("play", "--input", path).stdout == ""
    with contextlib.closing(Terminal()) as terminal:
        begun = time.monotonic()
        process = subprocess.Popen([sandbox.find_program(), "audit", "play", path],
                                   stdin=terminal.slave, stdout=terminal.slave)
        shown = terminal.read_until("done")
        assert process.wait(60) == 0
        # Not before it was shown then.
        assert time.monotonic() - begun >= 0.5
    assert "\x1b[31mred\x1b[0m\x1b]0;evil\x07" in shown


@pytest.mark.parametrize("content, status, words", [
    (b"", 1, "it is no recording"), (b"hello\n", 1, "it is no recording"),
    (b'{"version": 1}\n', 1, "it is no recording"), (b"\0" * 3_000_000, 1, "it is no recording"),
    (b'{"version": 2}\n[1, "o"]\n', 1, "a line of it is no event"),
    (b'{"version": 2}\n[1, "o", "x"]\n[2, "o", "tor', 0, "does not come to its end"),
], ids=["empty", "text", "another version", "no lines", "no event", "half an event"])
def test_what_is_no_recording_is_not_played(tmp_path, content, status, words):
    path = tmp_path / "a.cast"
    path.write_bytes(content)
    done = review("play", path)
    assert done.returncode == status and words in done.stderr
    assert done.stdout == ("x" if status == 0 else "") and len(done.stderr.splitlines()) == 1


def test_one_that_is_not_there_is_told_in_a_line():
    done = review("play", "no.cast")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "cannot be played: ENOENT" in done.stderr and "bulkhead audit recordings" in done.stderr
