"""--tty and --interactive: a terminal of the sandbox's own, and the operator's as it was."""

import re
import signal

import pytest

from harness.terminal import Terminal

pytestmark = pytest.mark.native


@pytest.fixture
def terminal():
    terminal = Terminal(rows=33, columns=77)
    yield terminal
    terminal.close()


def start(terminal, bulkhead, *command, options=("--tty", "--interactive")):
    return terminal.start(bulkhead, "run", *bulkhead.options, *options, "--", *command)


@pytest.mark.both
def test_it_has_a_terminal_of_its_own(terminal, bulkhead):
    process = start(terminal, bulkhead, "sh", "-c", "tty; test -t 0 && test -t 1 && echo yes")
    told = terminal.read_until("yes")
    assert re.search(r"/dev/pts/\d+", told)
    assert process.wait(timeout=60) == 0


def test_it_has_the_size_of_the_operators(terminal, bulkhead):
    process = start(terminal, bulkhead, "stty", "size")
    terminal.read_until("33 77")
    assert process.wait(timeout=60) == 0


def test_a_change_of_size_arrives(terminal, bulkhead):
    script = "trap 'stty size; exit' WINCH; echo up; while :; do sleep 0.1; done"
    process = start(terminal, bulkhead, "sh", "-c", script)
    terminal.read_until("up")
    terminal.resize(44, 99)
    terminal.read_until("44 99")
    assert process.wait(timeout=60) == 0


def test_what_is_typed_arrives(terminal, bulkhead):
    process = start(terminal, bulkhead, "sh", "-c", "read line; echo got $line")
    terminal.type("hello\r")
    terminal.read_until("got hello")
    assert process.wait(timeout=60) == 0


@pytest.mark.both
def test_control_c_goes_to_the_command(terminal, bulkhead):
    script = "trap 'echo caught; exit 5' INT; echo up; while :; do sleep 0.1; done"
    process = start(terminal, bulkhead, "sh", "-c", script)
    terminal.read_until("up")
    terminal.type("\x03")
    terminal.read_until("caught")
    assert process.wait(timeout=60) == 5


@pytest.mark.both
def test_the_modes_come_back_after_an_ordinary_end(terminal, bulkhead):
    before = terminal.settings()
    process = start(terminal, bulkhead, "true")
    assert process.wait(timeout=60) == 0
    assert terminal.settings() == before


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_the_modes_come_back_after_a_signal(terminal, bulkhead, name):
    before = terminal.settings()
    process = start(terminal, bulkhead, "sh", "-c", "echo up; exec sleep 600")
    terminal.read_until("up")
    assert terminal.settings() != before
    process.send_signal(signal.Signals[name])
    process.wait(timeout=60)
    assert terminal.settings() == before


def test_the_modes_come_back_after_a_failure(terminal, bulkhead):
    before = terminal.settings()
    process = start(terminal, bulkhead, "no-such-command")
    assert process.wait(timeout=60) == 127
    assert terminal.settings() == before


@pytest.mark.both
def test_output_is_whole_to_the_last_byte(terminal, bulkhead):
    process = start(terminal, bulkhead, "sh", "-c", "seq 1 5000; echo last")
    told = terminal.read_until("last")
    assert process.wait(timeout=60) == 0
    assert "4999\r\n5000\r\n" in told


def test_without_tty_the_operators_terminal_does_not_enter(terminal, bulkhead):
    script = "test -t 0 || test -t 1 || test -t 2 || echo none"
    process = start(terminal, bulkhead, "sh", "-c", script, options=())
    terminal.read_until("none")
    assert process.wait(timeout=60) == 0


def test_tty_without_a_terminal_still_gives_one(bulkhead):
    outcome = bulkhead.shell("test -t 1 && echo yes", options=["--tty"])
    assert "yes" in outcome.stdout or outcome.status == 125, outcome
