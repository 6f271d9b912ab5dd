"""init under supervisors that come and go: nothing that happens is lost, and nothing happens twice."""

import errno
import os
import select
import signal
import time

import pytest

from harness import control, sandbox
from harness.inits import children, sh, wait_until, zombies

pytestmark = pytest.mark.native

# What happens to one run, and how it ends.
COMMANDS = [(sh("exit 0"), 0), (sh("exit 42"), 42), (sh("kill -9 $$"), -9), (sh("exit 255"), 255)]


@pytest.mark.both
def test_a_run_is_told_until_its_end_is_acknowledged(init):
    connection = init.connect()
    assert connection.report() == {}
    connection.hold()
    connection.spawn(7, sh("read line; exit 3"), stdin=(pipe := os.pipe())[0])
    started = connection.expect("started", 7)
    assert connection.report() == {7: ("running", 7, started[2], 0)}
    connection.acknowledge(7)
    assert connection.report() == {7: ("running", 7, started[2], 0)}, "it has not ended"
    os.close(pipe[0])
    os.write(pipe[1], b"go\n")
    os.close(pipe[1])
    ended = connection.expect("ended", 7)
    assert ended == ("ended", 7, started[2], 3)
    for _ in range(2):
        assert connection.report() == {7: ended}
    connection.acknowledge(7)
    assert connection.report() == {}
    connection.acknowledge(7)
    connection.acknowledge(8)
    assert connection.report() == {}


@pytest.mark.parametrize("boundary", range(9))
def test_a_supervisor_that_dies_between_any_two_messages_loses_nothing(init, journal, boundary):
    """The same life of three runs each time, with a death at one place in it; then another
    supervisor takes over with the rules of a real one: start what is not known, acknowledge what
    ended."""
    expected = {number: end for number, (_, end) in enumerate(COMMANDS, 1)}

    def spawn(connection, number):
        command = list(COMMANDS[number - 1][0])
        command[2] = f"echo run {number}; " + command[2]
        connection.spawn(number, command, fields=b"RUN=%d\n" % number)

    first = init.connect()
    steps = [
        lambda: first.hold(journal=journal.socket),
        lambda: spawn(first, 1),
        lambda: first.expect("started", 1),
        lambda: spawn(first, 2),
        lambda: first.expect("ended", 1),
        lambda: first.acknowledge(1),
        lambda: spawn(first, 3),
        lambda: first.report(),
        lambda: None,
    ]
    for step in steps[:boundary + 1]:
        step()
    acknowledged = {1} if boundary >= 5 else set()
    first.close()

    second = init.connect()
    second.hold(journal=journal.socket)
    known = second.report()
    assert set(known) & acknowledged == set()
    for number in expected:
        if number not in known and number not in acknowledged:
            spawn(second, number)
    ends = {number: line[3] for number, line in known.items() if line[0] == "ended"}
    while set(ends) | acknowledged != set(expected):
        message = second.next()
        if message[0] == "ended":
            ends[message[1]] = message[3]
    assert ends == {number: end for number, end in expected.items() if number not in acknowledged}
    for number in ends:
        second.acknowledge(number)
    assert second.report() == {}
    # Each of them ran, and ran once.
    lines = sorted(record["MESSAGE"] for record in journal.lines(len(expected)))
    assert lines == [b"run %d" % number for number in sorted(expected)]
    assert journal.next(0.2) is None


def test_what_a_dead_supervisor_has_sent_is_done_before_the_next_is_heard(init):
    first = init.connect()
    first.hold()
    first.send(bytes([10]))
    assert select.select([first.socket], [], [], sandbox.DEADLINE_SECONDS)[0]
    os.kill(init.host_pid, signal.SIGSTOP)
    for run in range(1, 31):
        first.spawn(run, sh(f"exit {run}"))
    # Dead with everything still in the socket, and init's answer unread: unix(7), ECONNRESET.
    first.close()
    os.kill(init.host_pid, signal.SIGCONT)
    second = init.connect()
    known = second.report()
    assert set(known) == set(range(1, 31))
    ends = {run: line[3] for run, line in known.items() if line[0] == "ended"}
    while len(ends) < 30:
        message = second.next()
        if message[0] == "ended":
            ends[message[1]] = message[3]
    assert ends == {run: run for run in range(1, 31)}
    for run in ends:
        second.acknowledge(run)
    assert second.report() == {}


def test_one_supervisor_at_a_time(init):
    first = init.connect()
    assert first.report() == {}
    second = init.connect()
    second.send(bytes([10]))
    assert second.next(0.3) is None
    first.hold()
    first.spawn(1, sh("sleep 1000"))
    first.expect("started", 1)
    first.close()
    assert second.expect("running")[1] == 1
    assert second.expect("reported")[1] == 1


def test_supervisors_that_die_unheard_do_not_hold_up_the_one_that_lives(init):
    for _ in range(50):
        init.connect().close()
    connection = init.connect()
    assert connection.report() == {}


def test_a_supervisor_that_never_reads_stops_nothing(init):
    connection = init.connect()
    connection.hold()
    count = 700
    connection.socket.setblocking(False)
    for run in range(1, count + 1):
        while True:
            try:
                connection.spawn(run, ["/bin/true"] if os.access("/bin/true", os.X_OK) else sh("exit"))
                break
            except BlockingIOError:
                # init starts them one after the other; it is not held up by what is not read.
                time.sleep(0.01)
    wait_until(lambda: not children(init), "something is not reaped")
    assert zombies(init) == []
    messages = {"started": set(), "ended": set()}
    while len(messages["ended"]) < count:
        message = connection.next()
        messages[message[0]].add(message[1])
    assert messages["started"] == messages["ended"] == set(range(1, count + 1))


def test_a_thousand_short_runs_leave_nothing_in_init(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket, rate=1_000_000, burst=1_000_000)

    def batch(numbers):
        for run in numbers:
            connection.spawn(run, sh(f"echo {run}; exit {run % 256}"), fields=b"A=1\n", notify=True,
                             environment=("PATH=/bin", f"NOTIFY_SOCKET=/run/bulkhead/{run}"))
        waiting = set(numbers)
        while waiting:
            message = connection.next()
            if message[0] == "ended":
                assert message[3] == message[1] % 256
                waiting.remove(message[1])
                connection.acknowledge(message[1])
        assert sorted(int(record["MESSAGE"]) for record in journal.lines(len(numbers))) == numbers
        assert connection.report() == {}

    batch(list(range(1, 11)))
    before = init.descriptors(), init.memory()
    for start in range(11, 1011, 10):
        batch(list(range(start, start + 10)))
    assert init.descriptors() == before[0]
    assert init.memory() <= before[1] + 16
    assert os.listdir(f"/proc/{init.host_pid}/root/run/bulkhead") == []


def test_runs_beyond_the_bound_are_refused_and_those_within_it_are_kept(init):
    connection = init.connect()
    connection.hold()
    for run in range(1, 4_097):
        # No request at all: refused, and that is remembered.
        connection.spawn_bytes(run, b"nonsense")
        assert connection.next() == ("notStarted", run, control.READ_REQUEST, errno.EBADMSG)
    connection.spawn(5_000, sh("exit"))
    assert connection.next() == ("notStarted", 5_000, control.ADMIT, errno.EUSERS)
    known = connection.report()
    assert set(known) == set(range(1, 4_097))
    connection.acknowledge(77)
    connection.spawn(5_000, sh("exit 9"))
    assert connection.expect("ended", 5_000)[3] == 9


def test_a_run_is_not_started_twice(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    for _ in range(3):
        connection.spawn(1, sh("echo once; sleep 1000"), fields=b"A=1\n")
    started = connection.expect("started", 1)
    assert connection.expect("running", 1)[2] == started[2]
    assert journal.next()["MESSAGE"] == b"once"
    assert journal.next(0.3) is None
    connection.signal(1, signal.SIGKILL)
    assert connection.expect("ended", 1)[3] == -9
    connection.spawn(1, sh("echo again"), fields=b"A=1\n")
    assert connection.expect("ended", 1)[3] == -9
    assert journal.next(0.3) is None


@pytest.mark.both
def test_what_a_run_leaves_behind_is_reaped_and_whoever_was_killed_is_named(init):
    connection = init.connect()
    connection.hold()
    # Children and grandchildren that outlive the first process, one of them killed, one of them in
    # a session of its own.
    connection.spawn(5, sh(
        "(sleep 0.2; kill -9 $$) & "
        "sh -c '(sleep 0.5; exit 4) & (sleep 1000 & echo $! >/tmp/victim)' & "
        "sleep 0.1; setsid sh -c '(sleep 1001 & echo $! >/tmp/other)' & sleep 1000"))
    assert connection.expect("ended", 5)[3] == -9
    root = f"/proc/{init.host_pid}/root/tmp"
    wait_until(lambda: os.path.exists(f"{root}/other") and os.path.getsize(f"{root}/other"),
               "no daemon")
    with open(f"{root}/victim", encoding="ascii") as file:
        victim = int(file.read())
    with open(f"{root}/other", encoding="ascii") as file:
        other = int(file.read())
    os.kill(init.host_pid_of(victim), signal.SIGKILL)
    assert connection.expect("casualty")[1:] == (5, victim, b"sleep")
    # Nobody can say whose it was.
    os.kill(init.host_pid_of(other), signal.SIGKILL)
    assert connection.expect("casualty")[1:] == (0, other, b"sleep")
    # One is left, which does nothing.
    wait_until(lambda: len(children(init)) == 1 and not zombies(init), "something is not reaped")


