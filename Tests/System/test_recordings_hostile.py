"""Callers and commands that would get around their recording, hold it up or lose what it carries; and
recorders that end when nobody expects it."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import termios
import time

import pytest

from harness import audit
from harness.daemon import Refused, eventually
from harness.recordings import (attach, listed, piped, recorded, recorder, records,
                                the_recording, visit)
from harness.sessions import begin
from harness.terminal import Terminal, at

pytestmark = pytest.mark.native


@pytest.fixture
def shop(daemon):
    return recorded(daemon, "output")


def execute(daemon, connection, streams, *command):
    """As a caller of its own: the first reply."""
    connection.send("Execute", {"project": "shop", "command": list(command)}, streams, more=True)
    return connection.result()


def test_what_a_caller_sends_with_is_no_way_out(shop):
    """Standard input that could be written to would show what nobody recorded."""
    ours, theirs = socket.socketpair()
    null = os.open("/dev/null", os.O_RDWR)
    with shop.connect() as connection:
        execute(shop, connection, [theirs.fileno(), null, null], "sh", "-c",
                "echo leak >&0; echo leak >/proc/self/fd/0; echo shown")
        assert connection.result()["exit_status"] == 0
    os.close(null)
    theirs.close()
    assert ours.recv(100) == b""
    ours.close()
    _, cast = the_recording(shop)
    assert "shown" in cast.text()


@pytest.mark.parametrize("extent", ["output", "all"])
def test_a_command_that_says_more_than_it_is_told_does_not_stand_still(daemon, extent):
    recorded(daemon, extent)
    given = b"x" * 300_000
    done = piped(daemon, given, "sed", "s/x/xxxxxxxxxx/g")
    assert done.returncode == 0 and len(done.stdout) == 10 * len(given)


def test_an_output_that_nobody_reads_does_not_hold_the_other_up(shop):
    process = begin(shop, "exec", "shop", "--", "sh", "-c",
                    "head -c 1000000 /dev/zero & sleep 0.5; echo seen >&2; wait")
    ready, _, _ = select.select([process.stderr], [], [], 60)
    assert ready and process.stderr.readline() == b"seen\n"
    assert len(process.stdout.read()) == 1_000_000 and process.wait(60) == 0
    process.communicate()
    the_recording(shop)


def test_a_command_that_closes_its_output_hears_all_of_its_input(daemon):
    recorded(daemon, "all")
    given = b"line\n" * 100_000
    done = piped(daemon, given, "sh", "-c", "exec wc -c >count 2>&1")
    assert done.returncode == 0
    count = (daemon.project_directory("shop") / "count").read_text()
    assert int(count) == len(given)
    _, cast = the_recording(daemon)
    assert cast.text("i").encode() == given


def test_the_output_is_there_when_the_command_is_over(shop, tmp_path):
    """All of it, as without a recorder, also in a file that nobody reads to its end."""
    for _ in range(10):
        with open(tmp_path / "out", "wb") as file:
            done = subprocess.run(
                [shop.client, "exec", "shop", "head", "-c", "200000", "/dev/zero"], stdout=file,
                stdin=subprocess.DEVNULL, check=False, timeout=60,
                env={**os.environ, "BULKHEAD_SOCKET": str(shop.socket)})
        assert done.returncode == 0 and (tmp_path / "out").stat().st_size == 200_000


def test_output_that_could_not_be_written_is_no_success(shop):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [shop.client, "exec", "shop", "echo", "x"], stdout=full, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, check=False, timeout=60,
            env={**os.environ, "BULKHEAD_SOCKET": str(shop.socket)})
    assert done.returncode == 125 and b"not all of its output could be passed on" in done.stderr
    records(shop)


def test_what_is_typed_while_a_program_ends_takes_nothing_from_what_it_said(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = at(terminal, shop, "exec", "shop", "-t", "-i", "--", "sh", "-c",
                     "stty -echo; echo ready; read x; seq 1 3000; echo last")
        terminal.read_until("ready")
        terminal.type("go\n" + "more\n" * 200)
        terminal.read_until("last")
        process.wait(90)
    _, cast = the_recording(shop)
    assert cast.text().rstrip().endswith("3000\r\nlast")


def test_the_supervisor_holds_nothing_of_sessions_that_are_over(shop):
    def held():
        return len(os.listdir(f"/proc/{shop.process.pid}/fd"))

    def session(number):
        shop.cli("exec", "shop", "true")
        shop.cli("exec", "-t", "shop", "true", check=False)
        records(shop, 2 * number)

    session(1)
    before = held()
    for number in range(2, 7):
        session(number)
    eventually(lambda: held() <= before, "nothing is held of them")


def test_one_with_a_terminal_that_was_never_started_leaves_no_recorder(shop):
    done = shop.cli("exec", "-t", "shop", "/no/such/program", check=False)
    assert done.returncode != 0
    record, cast = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes" and cast.text() == ""
    assert listed(shop) == []


def test_a_caller_cannot_stop_the_recorder_by_its_terminal(shop):
    """What is typed is carried, whatever the modes of the terminal that the caller has."""
    with shop.connect() as connection:
        connection.call("Attach", {"project": "shop"})
        terminal = connection.descriptors[0]
        modes = termios.tcgetattr(terminal)
        modes[3] |= termios.ISIG | termios.ICANON
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
        for key in b"\x03\x1c\x1a":
            os.write(terminal, bytes([key]))
        modes[3] &= ~(termios.ISIG | termios.ICANON)
        termios.tcsetattr(terminal, termios.TCSANOW, modes)
        shown = b""

        def answers():
            # The shell has its own idea of the keys before, and drops what came with them.
            nonlocal shown
            os.write(terminal, b"\necho still$((1+1))\n")
            while select.select([terminal], [], [], 0.5)[0]:
                shown += os.read(terminal, 4096)
            return b"still2" in shown

        eventually(answers, "what is typed is carried")
    record, _ = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "yes"


def test_without_its_recorder_nobody_gets_the_terminal_of_what_is_about_to_begin(shop):
    init = init_of(shop)
    os.kill(init, signal.SIGSTOP)
    with shop.connect() as connection:
        connection.send("Execute", {"project": "shop", "command": ["sh"], "terminal": True},
                        more=True)
        os.kill(recorder(shop), signal.SIGKILL)
        time.sleep(0.5)
        os.kill(init, signal.SIGCONT)
        with contextlib.suppress(Refused):
            connection.result()
        assert connection.descriptors == []
    record, _ = the_recording(shop)
    assert record["BULKHEAD_COMPLETE"] == "no"


def init_of(daemon):
    """The first process of the project's sandbox."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8") as file:
            text = file.read()
            if "Name:\tbulkhead-init" in text and f"PPid:\t{daemon.process.pid}\n" in text:
                return int(pid)
    raise AssertionError("no init")


def test_who_returns_to_a_terminal_whose_recorder_died_is_told(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        pid = recorder(shop)
        terminal.type("echo here$((1+1))\n")
        terminal.read_until("here2")
        shop.kill(signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        shop.start()
        terminal.read_until("is over")
        assert process.wait(90) != 0
    records(shop)
    visit(shop, 2, "again$((1+1))", "again2")


def test_no_more_are_recorded_at_once_than_there_is_room_for(shop):
    null = os.open("/dev/null", os.O_RDWR)
    with contextlib.ExitStack() as stack:
        for _ in range(64):
            connection = stack.enter_context(shop.connect())
            execute(shop, connection, [null] * 3, "sleep", "infinity")
        done = shop.cli("exec", "shop", "true", check=False)
        assert done.returncode != 0 and "no more can be at once" in done.stderr
    os.close(null)
    records(shop, 64)
    shop.cli("exec", "shop", "true")


def test_one_comes_after_the_other_without_a_pause(shop):
    """Nobody who asks while the last one's recorder is about to end is forgotten, or taken for them."""
    taken = 0
    end = time.monotonic() + 60
    while taken < 20 and time.monotonic() < end:
        with shop.connect() as connection:
            try:
                connection.call("Attach", {"project": "shop"})
            except Refused as refused:
                # The last one's departure was not seen yet.
                assert "already" in str(refused)
                continue
            terminal = connection.descriptors[0]
            os.write(terminal, b"\necho n$((1+1))\n")
            shown = b""
            while b"n2" not in shown:
                assert select.select([terminal], [], [], 60)[0], shown
                shown += os.read(terminal, 4096)
            taken += 1
    assert taken == 20
    assert {r["BULKHEAD_COMPLETE"] for r in records(shop, 20)} == {"yes"}
    causes = {r["BULKHEAD_CAUSE"] for r in audit.events(shop, "session.closed")}
    assert causes == {"left"}


def test_output_that_could_not_be_written_is_told_of_after_the_recorder_has_gone(shop):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [shop.client, "exec", "shop", "--", "sh", "-c",
             "echo x; exec <&- >&- 2>&-; sleep 1"], stdout=full, stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, check=False, timeout=60,
            env={**os.environ, "BULKHEAD_SOCKET": str(shop.socket)})
    assert done.returncode == 125 and b"not all of its output could be passed on" in done.stderr
    records(shop)


def test_input_that_nobody_reads_holds_nobody_up(shop):
    done = piped(shop, b"x" * 1_000_000, "sh", "-c", "exit 3")
    assert done.returncode == 3
    the_recording(shop)


def test_a_recorder_does_not_wait_for_a_reader_whose_caller_has_gone(shop):
    process = begin(shop, "exec", "shop", "head", "-c", "1000000", "/dev/zero")
    assert listed(shop)
    process.kill()
    process.wait(60)
    # Its standard output is ours still, and nobody reads it.
    records(shop)
    assert listed(shop) == []
    process.communicate(timeout=60)


def test_nobody_takes_a_terminal_from_who_has_it_while_they_look_for_the_next_supervisor(shop):
    with contextlib.closing(Terminal()) as terminal:
        process = attach(shop, terminal)
        terminal.type("echo here$((1+1))\n")
        terminal.read_until("here2")
        process.send_signal(signal.SIGSTOP)
        shop.kill(signal.SIGKILL)
        shop.start()
        shop.await_ready("shop")
        done = shop.cli("attach", "shop/console", check=False)
        assert done.returncode != 0 and "somebody is attached" in done.stderr
        process.send_signal(signal.SIGCONT)
        terminal.type("echo again$((1+1))\n")
        terminal.read_until("again2")
        terminal.type("\x1d")
        assert process.wait(90) == 0
    assert [r["BULKHEAD_COMPLETE"] for r in records(shop)] == ["yes"]
