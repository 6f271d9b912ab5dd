"""The terminals and the notification sockets of runs."""

import fcntl
import os
import select
import signal
import struct
import termios

import pytest

from harness import control, sandbox
from harness.inits import children, sh, wait_until

pytestmark = pytest.mark.native

FIELDS = b"BULKHEAD_RUN=1\n"
NOTIFY = "import os, socket, sys\n" \
    "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n" \
    "s.connect(os.environ['NOTIFY_SOCKET'])\n"


def python(script, run):
    return {"command": ["/usr/bin/python3", "-I", "-c", NOTIFY + script], "notify": True,
            "environment": ("PATH=/usr/bin:/bin", f"NOTIFY_SOCKET=/run/bulkhead/{run}")}


def read_until(descriptor, text):
    found = b""
    while text not in found:
        assert select.select([descriptor], [], [], sandbox.DEADLINE_SECONDS)[0], found
        found += os.read(descriptor, 4_096)
    return found


# A service waits so that what is seen is seen while it runs.
WAIT = "sys.stdin.read()\n"


def test_what_a_run_says_of_itself_is_passed_on_and_remembered(init):
    connection = init.connect()
    connection.hold()
    pipe = os.pipe()
    connection.spawn(1, stdin=pipe[0], **python(
        "s.send(b'STATUS=soon\\nREADY=1\\n'); sys.stdin.readline(); s.send(b'WATCHDOG=1');"
        "s.send(b'WATCHDOG=1'); s.send(b'nonsense'); s.send(b'READY=1' + b'x' * 5000);"
        "s.send(b'READY=1\\n' + b'\\n' * 4089); s.send(b''); sys.stdin.readline();"
        "s.send(b'STOPPING=1')", 1))
    os.close(pipe[0])
    started = connection.expect("started", 1)
    assert connection.next() == ("notified", 1, control.READY)
    connection.close()

    connection = init.connect()
    assert connection.report() == {1: ("running", 1, started[2], control.READY)}
    os.write(pipe[1], b"\n")
    # Two may have been told as one, and everything else was nothing.
    said = []
    while message := connection.next(1):
        said.append(message)
    assert set(said) == {("notified", 1, control.WATCHDOG)}
    assert len(said) <= 2
    os.write(pipe[1], b"\n")
    os.close(pipe[1])
    assert connection.next() == ("notified", 1, control.STOPPING)
    assert connection.expect("ended", 1)[3] == 0
    assert os.listdir(f"/proc/{init.host_pid}/root/run/bulkhead") == []


def test_notifications_do_not_pile_up(init):
    connection = init.connect()
    connection.hold()
    # Half a minute of watchdogs in a moment, and nobody reads.
    connection.spawn(1, **python("[s.send(b'WATCHDOG=1') for _ in range(20000)]", 1))
    wait_until(lambda: os.listdir(f"/proc/{init.host_pid}/root/run/bulkhead"), "it has none")
    wait_until(lambda: not children(init), "it hangs")
    messages = []
    while not messages or messages[-1][0] != "ended":
        messages.append(connection.next())
    assert messages[-1][3] == 0
    # As many as its socket took while nobody read, not as many as were sent.
    assert 1 <= messages.count(("notified", 1, control.WATCHDOG)) < 1_000


def test_descriptors_that_come_with_a_notification_are_closed(init):
    connection = init.connect()
    connection.hold()
    connection.spawn(1, **python(
        "p = os.pipe()\n"
        "socket.send_fds(s, [b'READY=1'], [p[1]] * 100)\n"
        "os.close(p[1])\n"
        # It ends when init has closed all of them: a barrier of sd_notify(3).
        "os.read(p[0], 1)\n"
        "sys.exit(7)", 1))
    before = init.descriptors()
    assert connection.expect("notified") == ("notified", 1, control.READY)
    assert connection.expect("ended", 1)[3] == 7
    assert init.descriptors() <= before


def test_who_asks_for_notices_is_told_what_is_taken(init):
    connection = init.connect()
    connection.hold()
    # Of one that has no name, or asks for nothing, nobody knows where to.
    script = ("import struct\n"
              "named = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
              "named.bind('')\n"
              "named.connect(os.environ['NOTIFY_SOCKET'])\n"
              "{asker}.send(b'BULKHEAD_NOTICES={answer}')\n"
              "s.send(b'READY=1')\n"
              "named.settimeout({patience})\n"
              "try: sys.stdout.write(named.recv(100).decode() + named.recv(100).decode())\n"
              "except TimeoutError: sys.stdout.write('nothing')\n"
              "sys.stdout.flush()\n")
    for run, asker, answer, expected in (
            (1, "named", 1, b"BULKHEAD_PREEMPTION=freeze\nBULKHEAD_PREEMPTION=none\n"),
            (2, "s", 1, b"nothing"), (3, "named", 0, b"nothing")):
        pipe = os.pipe()
        patience = 60 if run == 1 else 1
        connection.spawn(run, stdout=pipe[1], **python(
            script.format(asker=asker, answer=answer, patience=patience), run))
        os.close(pipe[1])
        assert connection.expect("notified") == ("notified", run, control.READY)
        # And to a run that nobody knows, and in words that are none.
        for number, level in ((99, 2), (run, 9), (run, 2), (run, 0)):
            connection.notice(number, level)
        assert read_until(pipe[0], expected) == expected
        os.close(pipe[0])
        assert connection.expect("ended", run)[3] == 0


@pytest.mark.both
def test_every_user_of_the_sandbox_may_notify_and_none_may_put_another_socket_there(init):
    connection = init.connect()
    connection.hold()
    connection.spawn(1, user=4321, group=4321, **python(
        "s.send(b'READY=1')\n"
        "try: os.unlink(os.environ['NOTIFY_SOCKET'])\n"
        "except PermissionError: sys.exit(3)", 1))
    assert connection.expect("notified") == ("notified", 1, control.READY)
    assert connection.expect("ended", 1)[3] == 3


@pytest.mark.both
def test_a_terminal_comes_with_the_start_and_is_logged_while_nobody_has_it(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    script = "while read line; do echo got $line; done"
    connection.spawn(1, sh(f"stty -echo; tty; stat -c %u:%g:%a $(tty); {script}"), fields=FIELDS,
                     terminal=(33, 77))
    connection.expect("started", 1)
    terminal = connection.descriptors.pop(1)
    size = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
    assert size[:2] == (33, 77)
    assert b"/dev/pts/0" in read_until(terminal, b"1000:1000:620")
    os.write(terminal, b"one\n")
    read_until(terminal, b"got one\r\n")
    assert journal.next(0.2) is None

    connection.attach(1, False)
    os.write(terminal, b"two\n")
    record = journal.next()
    assert record["MESSAGE"] == b"got two"
    assert record["BULKHEAD_STREAM"] == b"terminal"
    os.close(terminal)

    connection.attach(1)
    assert connection.next() == ("terminal", 1)
    terminal = connection.descriptors.pop(1)
    os.write(terminal, b"three\n")
    read_until(terminal, b"got three\r\n")
    # Whoever had it may have left it such that a read would wait.
    os.set_blocking(terminal, True)
    connection.close()
    connection = init.connect()
    assert connection.report().keys() == {1}
    os.write(terminal, b"four\n")
    assert journal.next()["MESSAGE"] == b"got four"
    assert connection.report().keys() == {1}
    os.write(terminal, b"\x04")
    os.close(terminal)
    assert connection.expect("ended", 1)[3] == 0
    connection.acknowledge(1)
    assert connection.report() == {}


def test_what_has_no_terminal_says_so(init):
    connection = init.connect()
    connection.hold()
    connection.spawn(1, sh("exit"))
    connection.expect("ended", 1)
    for run in (1, 99):
        connection.attach(run)
        assert connection.next() == ("terminal", run)
        connection.attach(run, False)
    assert connection.descriptors == {}


def test_a_terminal_that_nobody_has_open_for_a_while_stays(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    # It lets go of its terminal, as a daemon does, and comes back.
    connection.spawn(1, sh("exec </dev/null >/dev/null 2>&1; sleep 0.5; exec >$0; echo back; "
                           "sleep 1000") + ["/dev/pts/0"], fields=FIELDS, terminal=(24, 80), writable=("/tmp", "/dev"))
    connection.expect("started", 1)
    connection.attach(1, False)
    assert journal.next()["MESSAGE"] == b"back"
    assert connection.next(0.3) is None, "it was hung up"
    connection.signal(1, signal.SIGKILL)
    connection.expect("ended", 1)
    connection.acknowledge(1)
    assert connection.report() == {}


def test_the_last_words_on_a_terminal_are_for_whoever_has_it(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    before = init.descriptors()
    connection.spawn(1, sh("echo last words"), fields=FIELDS, terminal=(24, 80))
    connection.expect("ended", 1)
    terminal = connection.descriptors.pop(1)
    assert b"last words" in read_until(terminal, b"last words")
    connection.acknowledge(1)
    assert connection.report() == {}
    os.close(terminal)
    assert journal.next(0.2) is None
    # And where nobody has it, for the log.
    connection.spawn(2, sh("sleep 0.3; echo to the log"), fields=FIELDS, terminal=(24, 80))
    connection.expect("started", 2)
    os.close(connection.descriptors.pop(2))
    connection.attach(2, False)
    connection.expect("ended", 2)
    connection.acknowledge(2)
    assert journal.next()["MESSAGE"] == b"to the log"
    wait_until(lambda: init.descriptors() <= before + 1, "a terminal stays open")
