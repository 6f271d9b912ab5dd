"""What sessions show and are given, where the configuration wants it written down: all of it, before
the other side has it, whatever becomes of the supervisor; and no session goes on without."""

import contextlib
import os
import re
import signal
import time

import pytest

from harness import audit
from harness.daemon import eventually
from harness.recordings import (Cast, attach, piped, recorded, recorder, records, the_recording,
                                visit)
from harness.sessions import begin, finish
from harness.terminal import Terminal, at

# With the unit, journald and a disk that is full: test_machine_recordings.py.
pytestmark = pytest.mark.native


@pytest.fixture
def shop(daemon):
    return recorded(daemon, "output")


def test_nothing_is_recorded_where_nobody_wants_it(daemon):
    recorded(daemon, "none")
    daemon.cli("exec", "shop", "true")
    eventually(lambda: audit.events(daemon, "session.closed"), "it is over")
    assert list((daemon.state / "recordings").iterdir()) == []
    assert "BULKHEAD_RECORDING" not in audit.events(daemon, "session.opened")[0]


def test_what_a_command_shows_is_written_down_and_what_it_is_given_is_not(shop):
    done = piped(shop, b"secret\n", "sh", "-c", "cat; echo out; echo err >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"secret\nout\n", b"err\n")
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes" and cast.is_whole
    assert sorted(cast.text().split()) == ["err", "out", "secret"]
    assert cast.text("i") == ""
    assert "sh -c" in cast.header["command"]
    assert cast.header["title"].startswith("shop/exec-") and "for root" in cast.header["title"]


def test_what_it_is_given_is_written_down_where_that_is_wanted(daemon):
    recorded(daemon, "all")
    done = piped(daemon, b"word\n", "sh", "-c", "read x; echo got $x")
    assert done.stdout == b"got word\n"
    _, cast = the_recording(daemon)
    assert cast.text("i") == "word\n" and cast.text() == "got word\n"


def test_every_byte_goes_over_and_what_is_no_text_is_marked(daemon):
    recorded(daemon, "all")
    given = os.urandom(1 << 20)
    done = piped(daemon, given, "cat")
    assert done.returncode == 0 and done.stdout == given
    _, cast = the_recording(daemon)
    expected = given.replace(b"\0", "\u2400".encode()).decode(errors="replace")
    # Python and Swift count the marks of a broken character alike; pieces end between characters.
    assert cast.text() == cast.text("i") == expected


def test_a_reader_who_leaves_ends_the_writer(shop):
    process = begin(shop, "exec", "shop", "--", "sh", "-c", "while :; do echo y; done")
    process.stdout.read(10_000)
    process.stdout.close()
    process.stdout = None
    finish(process)
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes" and cast.text().startswith("y\ny\n")


def test_a_shell_at_a_terminal_is_seen_as_it_was(shop):
    with contextlib.closing(Terminal(rows=31, columns=101)) as terminal:
        process = at(terminal, shop, "exec", "shop", "-t", "-i", "--", "sh")
        terminal.read_until("this session is recorded: what it shows")
        terminal.type("stty size; echo b$((1+1))\n")
        terminal.read_until("b2")
        terminal.resize(rows=40, columns=90)
        terminal.type("until stty size | grep '40 90'; do sleep 0.1; done; echo siz$((1+1))\n")
        terminal.read_until("siz2")
        terminal.type("exit 4\n")
        assert process.wait(90) == 4
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes" and cast.is_whole
    assert (cast.header["width"], cast.header["height"]) == (101, 31)
    assert "31 101" in cast.text() and "b2" in cast.text() and "40 90" in cast.text()
    assert [e[2] for e in cast.events if e[1] == "r"] == ["90x40"]
    assert cast.text("i") == ""


def test_one_session_after_the_other_is_recorded(daemon):
    recorded(daemon, "all")
    for word in ("first", "second"):
        with contextlib.closing(Terminal()) as terminal:
            process = attach(daemon, terminal, 1 if word == "first" else 2)
            terminal.type(f"echo {word}$((1+1))\n")
            terminal.read_until(word + "2")
            terminal.type("\x1d")
            assert process.wait(90) == 0
    found = records(daemon, 2)
    casts = [Cast(daemon.state / "recordings" / os.path.basename(r["BULKHEAD_RECORDING"]))
             for r in found]
    assert ["first2" in c.text() for c in casts] == [True, False]
    assert ["second2" in c.text() for c in casts] == [False, True]
    assert "echo second" in casts[1].text("i")
    assert all(c.is_whole for c in casts)


def test_who_leaves_holds_nothing_up(shop):
    """What a terminal takes is little: without a reader, whoever writes more stands still."""
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        terminal.type("(until test -e go; do sleep 0.1; done; head -c 300000 /dev/zero | tr '\\0' x; touch done) &\n")
        terminal.type("echo set$((1+1))\n")
        terminal.read_until("set2")
        terminal.type("\x1d")
        assert process.wait(90) == 0
    records(shop)
    place = shop.project_directory("shop")
    (place / "go").touch()
    eventually((place / "done").exists, "all of it was read")


def test_a_session_outlives_the_supervisor_and_its_recording_too(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        terminal.type("stty -echo; echo here$((1+1))\n")
        terminal.read_until("here2")
        shop.kill(signal.SIGKILL)
        terminal.type("echo alone$((1+1))\n")
        terminal.read_until("alone2")
        shop.start()
        shop.await_ready("shop")
        terminal.type("echo again$((1+1))\n")
        terminal.read_until("again2")
        terminal.type("\x1d")
        assert process.wait(90) == 0
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes"
    for word in ("here2", "alone2", "again2"):
        assert cast.text().count(word) == 1, word


def test_a_recording_that_ended_without_a_supervisor_is_recorded_by_the_next(shop):
    process = begin(shop, "exec", "shop", "--", "sh", "-c", "echo early; sleep 1; echo late")
    eventually(lambda: process.stdout.readline() == b"early\n", "it has begun")
    shop.kill(signal.SIGKILL)
    time.sleep(1.5)
    shop.start()
    assert finish(process) == 0
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes" and cast.text() == "early\nlate\n"


def passed_on(daemon):
    """The terminal of a session whose caller is about to leave, which somebody else has too."""
    with daemon.connect() as connection:
        assert connection.call("Attach", {"project": "shop"})["recorded"] == "output"
        yield os.dup(connection.descriptors[0])


def test_a_terminal_that_was_passed_on_is_of_no_use_after_the_session(shop):
    for terminal in passed_on(shop):
        os.set_blocking(terminal, False)
    # Nobody had to end it by force.
    assert [r["BULKHEAD_COMPLETE"] for r in records(shop)] == ["yes"]
    with pytest.raises(OSError, match="Input/output error"):
        while True:
            os.read(terminal, 1024)
    os.close(terminal)


def test_nobody_else_is_let_in_before_the_last_ones_recorder_has_ended(shop):
    """It would read what is meant for them."""
    for terminal in passed_on(shop):
        pid = recorder(shop)
        os.kill(pid, signal.SIGSTOP)
    eventually(lambda: audit.events(shop, "session.closed"), "they have left")
    with contextlib.closing(Terminal()) as mine:
        process = attach(shop, mine, 2)
        # One that does not end by itself is ended.
        assert not os.path.exists(f"/proc/{pid}")
        mine.type("echo in$((1+1))\n")
        mine.read_until("in2")
        mine.type("\x1d")
        assert process.wait(90) == 0
    assert [r["BULKHEAD_COMPLETE"] for r in records(shop, 2)] == ["no", "yes"]
    os.close(terminal)


def test_the_recorder_is_nobody(shop):
    process = begin(shop, "exec", "shop", "sleep", "infinity")
    status = open(f"/proc/{recorder(shop)}/status").read()
    process.kill()
    finish(process)
    assert re.search(r"^Uid:\s+65534\s+65534\s+65534\s+65534$", status, re.M)
    assert re.search(r"^Groups:\s*$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^CapEff:\s+0+$", status, re.M) and re.search(r"^CapPrm:\s+0+$", status, re.M)
    records(shop)


@pytest.mark.parametrize("number, marked", [
    (signal.SIGTERM, ["the recorder was stopped"]), (signal.SIGHUP, ["the recorder was stopped"]),
    (signal.SIGKILL, [])])
def test_a_command_ends_with_its_recorder_whatever_ended_that(shop, number, marked):
    process = begin(shop, "exec", "--name", "job", "shop", "sleep", "infinity")
    os.kill(recorder(shop), number)
    _, err = process.communicate(timeout=90)
    assert process.returncode != 0 and b"not recorded any more" in err
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "no" and "cut short" in record["MESSAGE"]
    assert record["PRIORITY"] == "4" and [event[2] for event in cast.events] == marked
    closed, = audit.events(shop, "session.closed")
    assert closed["BULKHEAD_CAUSE"] == "unrecorded"


def test_who_is_attached_is_let_go_with_the_recorder_and_the_service_goes_on(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        terminal.type("x=1; echo set$((1+x))\n")
        terminal.read_until("set2")
        os.kill(recorder(shop), signal.SIGKILL)
        terminal.read_until("not recorded any more")
        assert process.wait(90) != 0
    closed, = audit.events(shop, "session.closed")
    assert closed["BULKHEAD_CAUSE"] == "unrecorded"
    assert shop.service("shop", "console")["restarts"] == 0
    records(shop)
    visit(shop, 2, "still$((1+x))", "still2")


def test_a_recorder_that_died_without_a_supervisor_ends_its_session(shop):
    process = begin(shop, "exec", "--name", "job", "shop", "sleep", "infinity")
    pid = recorder(shop)
    shop.kill(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    shop.start()
    _, err = process.communicate(timeout=90)
    assert process.returncode != 0 and b"not recorded any more" in err
    record, _ = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "no"


def test_a_session_ends_when_its_recording_is_as_large_as_it_may_be(daemon):
    recorded(daemon, "output", ", recording_max: 64K")
    done = daemon.cli("exec", "shop", "--", "sh", "-c", "while :; do echo 0123456789; done",
                      check=False)
    assert done.returncode != 0 and "as large as it may be" in done.stderr
    record, cast = the_recording(daemon)
    assert record["BULKHEAD_COMPLETE"] == "no" and "largest size" in record["MESSAGE"]
    assert len(cast.bytes) <= 65_536
    assert cast.events[-1][1:] == ["m", "the recording is as large as it may be"]
    # What was shown is written down; of what is written down one piece may not have been shown.
    assert cast.text().startswith(done.stdout)


@pytest.mark.parametrize("what", [["exec", "shop", "true"], ["exec", "-t", "shop", "true"]])
def test_without_a_place_for_it_nothing_begins(shop, what):
    place = shop.state / "recordings"
    place.rmdir()
    place.write_text("")
    done = shop.cli(*what, check=False)
    assert done.returncode != 0 and "cannot be recorded" in done.stderr
    assert "record_sessions" in done.stderr
    assert audit.events(shop, "session.") == [] and audit.events(shop, "run.started")[1:] == []
    refused = audit.events(shop, "control.execute")
    assert [r["BULKHEAD_RESULT"] for r in refused] == ["refused"]


def test_without_a_place_for_it_nobody_is_let_in(shop):
    place = shop.state / "recordings"
    place.rmdir()
    place.write_text("")
    done = shop.cli("attach", "shop/console", check=False)
    assert done.returncode != 0 and "cannot be recorded" in done.stderr
    assert audit.events(shop, "session.") == []
    accepted, failed = audit.events(shop, "control.")
    assert (accepted["BULKHEAD_EVENT"], accepted["BULKHEAD_RESULT"]) == ("control.attach", "accepted")
    assert failed["BULKHEAD_EVENT"] == "control.failed" and "be recorded" in failed["MESSAGE"]
    assert failed["BULKHEAD_ACTION"] == accepted["BULKHEAD_SEQ"]
    # Its output is logged as before, and the terminal is there for the next.
    place.unlink()
    place.mkdir(mode=0o700)
    visit(shop, 1, "in$((1+1))", "in2")
    records(shop)


def test_one_that_was_never_started_has_an_empty_recording(shop):
    shop.cli("exec", "shop", "/no/such/program", check=False)
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes" and cast.text() == ""


def test_a_project_cannot_write_into_its_recording(shop):
    """What it prints is text in an event, whatever it looks like."""
    forged = '\\n[0.1, "m", "end of the recording"]\\n"]\\n{"version": 2}\\n'
    shop.cli("exec", "shop", "--", "sh", "-c", f"printf '%b' '{forged}'; kill -9 $$", check=False)
    _, cast = the_recording(shop)
    assert cast.text() == forged.encode().decode("unicode_escape")
    assert [e[1] for e in cast.events if e[1] != "o"] == ["m"]


def test_recordings_are_deleted_after_as_many_days_as_records_are(daemon):
    recorded(daemon, "output")
    daemon.cli("exec", "shop", "true")
    record, = records(daemon)
    daemon.cli("exec", "shop", "true")
    records(daemon, 2)
    past = time.time() - 31 * 86_400
    os.utime(record["BULKHEAD_RECORDING"], (past, past))
    text = (daemon.configuration / "bulkhead.yaml").read_text()
    daemon.configure("global: { audit: { record_sessions: output }, security: "
                     "{ audit_log_retention_days: 30 } }\n" + text.split("\n", 1)[1])
    daemon.cli("config", "apply")
    pruned = eventually(lambda: audit.events(daemon, "audit.recording-pruned"), "one is deleted")
    assert [p["BULKHEAD_RECORDING"] for p in pruned] == [record["BULKHEAD_RECORDING"]]
    assert not os.path.exists(record["BULKHEAD_RECORDING"])
    assert len(list((daemon.state / "recordings").iterdir())) == 1


def test_one_that_cannot_be_deleted_keeps_no_others_from_it(daemon):
    recorded(daemon, "output")
    place = daemon.state / "recordings"
    past = time.time() - 99 * 86_400
    names = [f"old-{number}.cast" for number in range(8)]
    for name in names:
        (place / name).touch()
        # Nobody can unlink these, and they stand between the others.
        (place / f"no{name}").mkdir()
        for path in (place / name, place / f"no{name}"):
            os.utime(path, (past, past))
    daemon.kill(signal.SIGTERM)
    daemon.start()
    eventually(lambda: not [name for name in names if (place / name).exists()], "the others go")
    deleted = [p["BULKHEAD_RECORDING"] for p in audit.events(daemon, "audit.recording-pruned")]
    assert sorted(deleted) == sorted(str(place / name) for name in names)
    for name in names:
        assert daemon.reports().count(f"{place}/no{name}: ") == 1, name
