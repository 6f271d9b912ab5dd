"""What a run of a supervised init is given, and what it is kept from."""

import errno
import fcntl
import os
import signal
import struct

from harness import control
from harness.inits import read_all, sh, wait_until


def test_a_run_starts_in_its_own_cgroup_and_dies_with_it(leaves):
    init = leaves.init
    connection = init.connect()
    connection.hold()
    web, job = leaves.make("web"), leaves.make("job")
    for run, leaf in ((1, web), (2, job)):
        directory = os.open(leaf, os.O_RDONLY | os.O_DIRECTORY)
        connection.spawn(run, sh("sleep 1000 & sleep 1000"), cgroup=directory)
        os.close(directory)
        started = connection.expect("started", run)
        # How a supervisor finds the process that init spoke of.
        assert str(init.host_pid_of(started[2])) in (leaf / "cgroup.procs").read_text().split()
    wait_until(lambda: len((web / "cgroup.procs").read_text().split()) == 3, "not all are there")
    assert str(init.host_pid) in (leaves.scope / "init/cgroup.procs").read_text().split()
    (web / "cgroup.kill").write_text("1")
    assert connection.expect("ended", 1)[3] == -9
    assert set(connection.report()) == {1, 2}
    connection.close()
    (job / "cgroup.kill").write_text("1")
    connection = init.connect()
    wait_until(lambda: connection.report()[2][0] == "ended", "it lives")


def test_a_run_has_the_streams_that_it_was_given_and_nothing_else(init):
    connection = init.connect()
    connection.hold()
    ours, theirs = os.pipe()
    script = "ls /proc/self/fd | wc -l; readlink /proc/self/fd/0; cat"
    connection.spawn(1, sh(script), stdout=theirs)
    os.close(theirs)
    connection.expect("ended", 1)
    # 0, 1, 2 and the directory that ls reads.
    assert read_all(ours) == b"4\n/dev/null\n"
    given, errors = os.pipe(), os.pipe()
    connection.spawn(2, sh("cat >&2; test /proc/$$/fd/1 -ef /dev/null && echo null >&2"), stdin=given[0],
                     stderr=errors[1])
    os.close(given[0])
    os.close(errors[1])
    os.write(given[1], b"all of it\n")
    os.close(given[1])
    connection.expect("ended", 2)
    assert read_all(errors[0]) == b"all of it\nnull\n"


def test_init_is_out_of_reach_of_its_runs_and_can_do_little_itself(init):
    connection = init.connect()
    connection.hold()
    for run, user in ((1, 1000), (2, 0)):
        ours, theirs = os.pipe()
        connection.spawn(
            run, sh("readlink /proc/1/fd/3; cat </proc/1/fd/0 && echo open; readlink /proc/1/exe; head -c1 /proc/1/mem; cat /proc/1/environ;"
                    " kill -9 1; kill -STOP 1; kill -TERM 1; ls /proc/1/root/; echo done"),
            stdout=theirs, user=user, group=user)
        os.close(theirs)
        assert connection.expect("ended", run)[3] == 0
        assert read_all(ours) == b"done\n"
    assert connection.report().keys() == {1, 2}
    with open(f"/proc/{init.host_pid}/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    # DAC_READ_SEARCH, KILL, SETGID, SETUID, SETPCAP.
    few = f"{0x1E4:016x}"
    assert [status[name] for name in ("CapPrm", "CapEff", "CapBnd")] == [few] * 3
    assert [status[name] for name in ("CapInh", "CapAmb")] == [f"{0:016x}"] * 2
    assert status["NoNewPrivs"] == "1"


def test_init_keeps_the_first_lease_as_long_as_it_lives(init, tmp_path):
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
    path = tmp_path / "leases"
    path.write_bytes(b"\0")

    def leased():
        with open(path, "r+b") as file:
            try:
                fcntl.fcntl(file, 37, lock)  # F_OFD_SETLK
            except BlockingIOError:
                return True
            return False

    connection = init.connect()
    with open(path, "r+b") as file:
        fcntl.fcntl(file, 37, lock)
        connection.hold(lease=file)
    assert connection.report() == {}
    assert leased()
    before = init.descriptors()
    with open("/dev/null", "rb") as other:
        for _ in range(20):
            connection.hold(lease=other)
    connection.close()
    connection = init.connect()
    assert connection.report() == {}
    assert leased()
    assert init.descriptors() == before
    init.close()
    assert not leased()


def test_nonsense_changes_nothing(init, random_source):
    connection = init.connect()
    connection.hold()
    connection.spawn(1, sh("sleep 1000"))
    started = connection.expect("started", 1)
    before = init.descriptors()
    with open("/dev/null", "rb") as null:
        for _ in range(2_000):
            packet = bytes([random_source.randrange(20)]) + random_source.randbytes(
                random_source.randrange(40))
            # Never a whole message to it: of those only an unlikely run could be hit.
            if len(packet) in (1, 2, 9, 10, 22):
                packet += b"\xff"
            connection.send(packet, [null.fileno()] * random_source.randrange(8))
        connection.send(bytes(range(20)) * 4_000)
        connection.send(bytes([1, 1]) + bytes(8), [null.fileno()])
    assert connection.report() == {1: ("running", 1, started[2], 0)}
    assert init.descriptors() == before


def test_what_is_not_started_says_why_until_that_is_acknowledged(init):
    connection = init.connect()
    connection.spawn(1, sh("exit"))
    assert connection.next() == ("notStarted", 1, control.ADMIT, errno.EPROTO), "before any hold"
    assert connection.report() == {}
    connection.hold(capabilities=1 << 10)
    connection.spawn(2, ["/no/such/file"])
    connection.spawn(3, sh("exit"), capabilities=1 << 21)
    connection.spawn(4, sh("exit"), capabilities=1 << 10)
    connection.spawn(5, sh("exit"), notify=True)
    connection.spawn(6, sh("exit"), notify=True, environment=("NOTIFY_SOCKET=/no/such/place",))
    connection.spawn(7, sh("exit"), directory="/no/such")
    expected = {
        2: ("notStarted", 2, control.EXECUTE, errno.ENOENT),
        # Not among those that runs of this sandbox may have.
        3: ("notStarted", 3, control.CAPABILITIES, errno.EPERM),
        5: ("notStarted", 5, control.BIND, errno.EBADMSG),
        6: ("notStarted", 6, control.BIND, errno.ENOENT),
        7: ("notStarted", 7, 12, errno.ENOENT),
    }
    connection.expect("ended", 4)
    connection.close()
    connection = init.connect()
    known = connection.report()
    assert known.pop(4)[0] == "ended"
    assert known == expected
    for run in expected:
        connection.acknowledge(run)
    connection.acknowledge(4)
    assert connection.report() == {}


def test_signals_reach_the_first_process_of_the_run_that_is_meant(init):
    connection = init.connect()
    connection.hold()
    pids = {}
    for run in (1, 2, 3):
        connection.spawn(run, sh("sleep 1000"))
        pids[run] = connection.expect("started", run)[2]
    connection.signal(2, signal.SIGTERM)
    assert connection.next() == ("ended", 2, pids[2], -signal.SIGTERM)
    # It has ended, there is no such run, and no such signal.
    connection.signal(2, signal.SIGKILL)
    connection.signal(99, signal.SIGKILL)
    connection.send(struct.pack("<BBQ", 8, 65, 1))
    assert set(connection.report()) == {1, 2, 3}
    connection.send(bytes([2, signal.SIGKILL]))
    assert {connection.expect("ended")[1], connection.expect("ended")[1]} == {1, 3}
