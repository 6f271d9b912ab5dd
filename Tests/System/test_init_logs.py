"""What runs write, on its way to the journal: all of it or counted, and never in anybody's way."""

import os
import signal

import pytest

from harness import inits
from harness.inits import sh, wait_until

pytestmark = pytest.mark.native

FIELDS = b"SYSLOG_IDENTIFIER=shop/web\nBULKHEAD_RUN=1\n"


def count_all(journal, total):
    """Reads records until lines and suppressed lines make up the total; how many of each."""
    lines = suppressed = 0
    while lines + suppressed < total:
        record = journal.next()
        if "BULKHEAD_SUPPRESSED" in record:
            suppressed += int(record["BULKHEAD_SUPPRESSED"])
            assert record["PRIORITY"] == b"4"
            assert record["MESSAGE"].endswith(b"suppressed")
        else:
            lines += 1
    assert lines + suppressed == total
    return lines, suppressed


@pytest.mark.both
def test_a_line_is_a_record_with_the_fields_of_its_run(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    connection.spawn(1, sh(r"printf 'one\n\n\000\033\377\r\n  three \ntail'"), fields=FIELDS)
    connection.expect("ended", 1)
    records = journal.lines(5)
    assert [record["MESSAGE"] for record in records] == [
        b"one", b"", b"\0\x1b\xff", b"  three ", b"tail"]
    for record in records:
        assert record["SYSLOG_IDENTIFIER"] == b"shop/web"
        assert record["BULKHEAD_RUN"] == b"1"
        assert record["PRIORITY"] == b"6"
        assert record["BULKHEAD_STREAM"] == b"stdout"
    assert [record.get("BULKHEAD_LINE_BREAK") for record in records] == [None] * 4 + [b"end"]
    connection.spawn(2, sh("echo complaint >&2"), fields=FIELDS)
    assert journal.next()["BULKHEAD_STREAM"] == b"stderr"


def test_a_long_line_comes_in_pieces_that_say_so(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    connection.spawn(1, sh("head -c 20000 /dev/zero | tr '\\0' x; echo"), fields=FIELDS)
    records = journal.lines(3)
    assert [len(record["MESSAGE"]) for record in records] == [8_192, 8_192, 3_616]
    assert [record.get("BULKHEAD_LINE_BREAK") for record in records] == [b"length", b"length", None]


def test_a_flood_is_cut_to_the_rate_and_the_rest_is_counted(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket, rate=10, burst=100)
    # More than a second of it: a record is due in the midst, and one at the end.
    connection.spawn(1, sh("i=0; while [ $i -lt 12 ]; do seq 1000; sleep 0.1; i=$((i+1)); done"),
                     fields=FIELDS)
    # While it goes on others come and go.
    for run in range(2, 12):
        connection.spawn(run, sh("exit 5"), fields=FIELDS)
        connection.expect("ended", run)
        connection.acknowledge(run)
    lines, suppressed = count_all(journal, 12_000)
    assert lines >= 100
    assert suppressed > 10_000
    assert journal.next(0.3) is None


def test_a_flood_without_end_stops_nobody(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket, rate=10, burst=10)
    connection.spawn(1, ["yes"], fields=FIELDS)
    connection.spawn(2, sh("head -c 100000000 /dev/zero"), fields=FIELDS)
    connection.expect("started", 1)
    for run in range(3, 43):
        connection.spawn(run, sh(f"exit {run}"), fields=FIELDS)
        assert connection.expect("ended", run)[3] == run
        connection.acknowledge(run)
    memory = init.memory()
    connection.signal(1, signal.SIGKILL)
    connection.signal(2, signal.SIGKILL)
    # KiB: what it may cost at the most.
    assert memory <= 256


@pytest.mark.both
def test_a_journal_that_does_not_read_stops_nobody_and_costs_a_bounded_buffer(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket, rate=1_000_000, burst=1_000_000)
    before = init.memory()
    connection.spawn(1, sh("seq 100000"), fields=FIELDS)
    assert connection.expect("ended", 1)[3] == 0
    assert init.memory() <= before + 64 + 48
    # It reads again: what was kept comes, what was not is counted. The end of the log waited for no
    # one, so its count comes too if there was room for it; that is what the reserve is for.
    lines, suppressed = count_all(journal, 100_000)
    assert lines > 200
    assert suppressed > 0
    wait_until(lambda: init.memory() <= before + 48, "the buffer stays")


def test_a_journal_that_goes_is_told_and_another_takes_over(init, journal, socket_directory):
    connection = init.connect()
    connection.hold(journal=journal.socket, rate=1_000_000, burst=1_000_000)
    pipe = os.pipe()
    connection.spawn(1, sh("echo first; read line; seq 5000; read line"), stdin=pipe[0],
                     fields=FIELDS)
    os.close(pipe[0])
    assert journal.next()["MESSAGE"] == b"first"
    journal.receiver.close()
    os.write(pipe[1], b"\n")
    connection.expect("journalLost")
    # Whoever comes next is told too.
    connection.close()
    connection = init.connect()
    connection.report()
    connection.expect("journalLost")
    directory = socket_directory / "second"
    directory.mkdir()
    second = inits.Journal(directory)
    try:
        connection.hold(journal=second.socket, rate=1_000_000, burst=1_000_000)
        os.write(pipe[1], b"\n")
        os.close(pipe[1])
        assert count_all(second, 5_000)[0] > 100
    finally:
        second.close()


def test_without_a_journal_or_without_fields_nothing_is_kept_and_nobody_waits(init, journal):
    connection = init.connect()
    connection.hold()
    assert connection.report() == {}
    before = init.descriptors()
    connection.spawn(1, sh("seq 100000; echo >&2"), fields=FIELDS)
    assert connection.expect("ended", 1)[3] == 0
    wait_until(lambda: init.descriptors() == before, "its pipes stay open")
    connection.hold(journal=journal.socket)
    connection.spawn(2, sh("test /proc/$$/fd/1 -ef /dev/null && test /proc/$$/fd/2 -ef /dev/null"))
    assert connection.expect("ended", 2)[3] == 0
    assert journal.next(0.3) is None


def test_what_a_run_leaves_behind_is_still_heard(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    connection.spawn(1, sh("mkfifo /tmp/go; (read line </tmp/go; echo late) & :"), fields=FIELDS)
    assert connection.expect("ended", 1)[3] == 0
    # Also when the run is forgotten.
    connection.acknowledge(1)
    assert connection.report() == {}
    before = init.descriptors()
    fifo = f"/proc/{init.host_pid}/root/tmp/go"
    wait_until(lambda: os.path.exists(fifo), "no fifo")
    # Not to be created: the kernel does not let root do that with another's FIFO in a sticky directory
    # (fs.protected_fifos, proc(5)).
    writer = os.open(fifo, os.O_WRONLY)
    os.write(writer, b"\n")
    os.close(writer)
    assert journal.next()["MESSAGE"] == b"late"
    wait_until(lambda: init.descriptors() == before - 2, "its pipes stay open")


def test_twenty_quiet_workloads_cost_little(init, journal):
    connection = init.connect()
    connection.hold(journal=journal.socket)
    pipe = os.pipe()
    for run in range(1, 21):
        connection.spawn(run, sh("echo up; echo up >&2; read line"), fields=FIELDS, notify=True,
                         environment=(f"NOTIFY_SOCKET=/run/bulkhead/{run}",),
                         stdin=pipe[0])
        connection.expect("started", run)
    journal.lines(40)
    memory = {kind: init.memory(kind) for kind in ("Pss", "Rss", "Private_Dirty")}
    print(f"init with 20 workloads, KiB: {memory}")
    assert memory["Pss"] <= 160
    os.close(pipe[0])
    ticks = cpu_ticks(init)
    assert journal.next(0.5) is None
    assert cpu_ticks(init) == ticks
    os.close(pipe[1])


def cpu_ticks(init):
    with open(f"/proc/{init.host_pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
