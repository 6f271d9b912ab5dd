"""Who was connected to what, from when to when: one record of the beginning and one of the end."""

import contextlib
import os
import re
import signal
import subprocess

import pytest

from harness import audit
from harness.daemon import eventually
from harness.sessions import begin, finish, sessions
from harness.terminal import Terminal, at

# A shell at a terminal does not end for being told to.
CONSOLE = "console: { command: [/bin/sh], terminal: true, grace: 100ms }"


@pytest.fixture
def shop(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", CONSOLE))
    daemon.start()
    daemon.await_ready("shop")
    return daemon


def pair(daemon):
    """The one session's beginning and end."""
    found = eventually(lambda: len(s := sessions(daemon)) == 2 and s, "it is over")
    opened, closed = found
    assert [r["BULKHEAD_EVENT"] for r in found] == ["session.opened", "session.closed"]
    for field in ("BULKHEAD_SESSION", "BULKHEAD_SESSION_KIND", "BULKHEAD_RUN", "BULKHEAD_PROJECT",
                  "BULKHEAD_WORKLOAD", "BULKHEAD_ACTOR", "BULKHEAD_ACTOR_UID"):
        assert opened[field] == closed[field], field
    assert int(closed["BULKHEAD_DURATION"]) >= 0
    assert audit.open_sessions(daemon) == 0
    return opened, closed


def test_a_command_is_a_session_of_who_asked_for_it(shop):
    shop.cli("exec", "--reason", "look", "shop", "echo", "a b")
    opened, closed = pair(shop)
    assert opened["BULKHEAD_SESSION_KIND"] == "exec" and opened["BULKHEAD_TERMINAL"] == "no"
    assert opened["BULKHEAD_COMMAND"] == "echo 'a b'"
    assert opened["BULKHEAD_REASON"] == "look" and opened["BULKHEAD_VIA"] == "cli"
    assert opened["BULKHEAD_ACTOR_UID"] == "0" and int(opened["BULKHEAD_ACTOR_PID"]) > 1
    assert closed["BULKHEAD_CAUSE"] == "ended"
    # In the transaction of the run: nothing comes between.
    kinds = [r["BULKHEAD_EVENT"] for r in audit.records(shop)]
    place = kinds.index("session.opened")
    assert kinds[place - 1:place + 2] == ["control.exec", "session.opened", "run.started"] \
        or kinds[place - 1] == "control.execute"


def test_one_that_cannot_be_started_is_closed_too(shop):
    shop.cli("exec", "shop", "/no/such/program", check=False)
    _, closed = pair(shop)
    assert closed["BULKHEAD_CAUSE"] == "refused"


def test_what_runs_alone_is_nobodys_session(shop):
    shop.cli("exec", "--detach", "shop", "true")
    eventually(lambda: [r for r in audit.events(shop, "run.ended")], "it is over")
    assert sessions(shop) == []


def test_a_caller_that_is_killed_has_left(shop):
    process = begin(shop, "exec", "shop", "sleep", "infinity")
    process.kill()
    finish(process)
    _, closed = pair(shop)
    assert closed["BULKHEAD_CAUSE"] == "left"


def test_a_run_that_is_killed_ends_its_session(shop):
    process = begin(shop, "exec", "--name", "job", "shop", "sleep", "infinity")
    eventually(lambda: shop.cli("kill", "--signal", "KILL", "--whole", "shop/job",
                                check=False).returncode == 0, "it is killed")
    finish(process)
    _, closed = pair(shop)
    assert closed["BULKHEAD_CAUSE"] == "ended"


def test_a_shell_at_a_terminal_is_a_shell(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = at(terminal, shop, "exec", "shop", "-t", "-i", "--", "sh")
        eventually(lambda: len(sessions(shop)) == 1, "it is open")
        terminal.type("exit 4\n")
        assert process.wait(90) == 4
    opened, closed = pair(shop)
    assert opened["BULKHEAD_SESSION_KIND"] == "shell" and opened["BULKHEAD_TERMINAL"] == "yes"
    assert closed["BULKHEAD_CAUSE"] == "ended"


def attach(daemon, terminal):
    process = at(terminal, daemon, "attach", "shop/console")
    eventually(lambda: len(sessions(daemon)) == 1, "it is open")
    return process


@contextlib.contextmanager
def left_alone(daemon, terminal):
    """At a shell that echoes nothing, whose supervisor is killed then, and in the end there again."""
    process = attach(daemon, terminal)
    terminal.type("stty -echo; echo here$((1+1))\n")
    terminal.read_until("here2")
    daemon.kill(signal.SIGKILL)
    yield process
    daemon.start()


def test_who_leaves_a_terminal_is_out_and_what_runs_goes_on(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        terminal.type("\x1d")
        assert process.wait(90) == 0
    opened, closed = pair(shop)
    assert opened["BULKHEAD_SESSION_KIND"] == "attach"
    assert opened["BULKHEAD_WORKLOAD"] == "console"
    assert closed["BULKHEAD_CAUSE"] == "left"
    assert shop.service("shop", "console")["phase"] == "running"


def test_who_is_killed_at_a_terminal_is_out(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        process.kill()
        process.wait(90)
    _, closed = pair(shop)
    assert closed["BULKHEAD_CAUSE"] == "left"


def test_a_session_outlives_its_supervisor_and_is_closed_by_the_next(shop):
    process = begin(shop, "exec", "shop", "sh", "-c", "read line; exit 5")
    shop.kill(signal.SIGKILL)
    shop.start()
    assert len(sessions(shop)) == 1
    assert process.communicate(b"\n", timeout=90) is not None
    # Without --interactive its input is empty, and it may have ended before.
    _, closed = pair(shop)
    assert closed["BULKHEAD_CAUSE"] in ("ended", "lost")


def test_a_terminal_that_is_left_after_a_restart_is_left_once(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        shop.kill(signal.SIGKILL)
        shop.start()
        shop.await_ready("shop")
        # Typed where it is connected again or still.
        terminal.type("echo back$((1+1))\n")
        terminal.read_until("back2")
        terminal.type("\x1d")
        process.wait(90)
        shop.call("Stop", {"project": "shop", "wait": True})
    pair(shop)


def test_nothing_of_a_terminal_goes_elsewhere_while_no_supervisor_is_there(shop):
    with contextlib.closing(Terminal()) as terminal:
        with left_alone(shop, terminal) as process:
            terminal.type("for i in $(seq 3000); do echo line $i; done; echo end$((1+1))\n")
            printed = terminal.read_until("end2")
        assert [f"line {number}" for number in range(1, 3001)] == re.findall(r"line \d+", printed)
        terminal.type("\x1d")
        process.wait(90)
    pair(shop)


@pytest.mark.native
def test_what_nobody_comes_back_to_is_logged_again(shop):
    with contextlib.closing(Terminal()) as terminal, left_alone(shop, terminal) as process:
        # More than a terminal holds, when nobody reads it.
        terminal.type("echo go$((1+1)); sleep 1; seq 100000; exit 3\n")
        terminal.read_until("go2")
        process.kill()
        process.wait(90)
    eventually(lambda: shop.service("shop", "console")["restarts"] > 0, "it was read to its end")
    pair(shop)


def test_a_run_that_ended_without_a_supervisor_closes_its_session(shop):
    process = begin(shop, "exec", "shop", "sh", "-c", "echo up; sleep infinity")
    assert process.stdout.readline() == b"up\n"
    run = sessions(shop)[0]["BULKHEAD_RUN"]
    (inside,) = [p for p in shop.call("Processes", {"project": "shop"})["processes"]
                 if str(p.get("run")) == run and p["command"].startswith("sleep")]
    shop.kill(signal.SIGKILL)
    os.kill(inside["pid"], signal.SIGKILL)
    shop.start()
    finish(process)
    _, closed = pair(shop)
    assert closed["BULKHEAD_CAUSE"] == "ended"
