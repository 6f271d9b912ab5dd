"""Whatever callers send or do, the supervisor stays up, bounded, and answers the others."""

import array
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from harness import audit, callers
from harness.daemon import Refused, eventually

# A group of a test's own, and users that no host has.
GROUP, MEMBER, OTHER, BYSTANDER = 64_321, 64_322, 64_323, 64_320
# What hostile callers may add to what it holds: the buffers' bound, and the tree of a long message.
GROWTH_KIB_MAX = 48 << 10


@pytest.fixture
def supervisor(daemon, tmp_path):
    """A supervisor without projects, on a host that has the group `bulkhead`."""
    groups = tmp_path / "group"
    lines = pathlib.Path("/etc/group").read_text(encoding="utf-8").splitlines(keepends=True)
    groups.write_text("".join(line for line in lines if not line.startswith("bulkhead:"))
                      + f"bulkhead:x:{GROUP}:\n", encoding="utf-8")
    command = daemon.arguments()
    # In a mount namespace of its own, where /etc/group is that file.
    daemon.arguments = lambda: [
        "unshare", "--mount", "--propagation", "private", "sh", "-c",
        'mount --bind "$1" /etc/group && shift && exec "$@"', "sh", str(groups), *command]
    daemon.configure("projects: {}\n")
    daemon.start()
    callers.let_others_reach(daemon.socket)
    return daemon


@pytest.fixture
def answered_meanwhile(supervisor, on_machine):
    """While the test does what it does, the supervisor answers somebody else, and soon."""
    before = callers.resident_kib(supervisor)
    process = supervisor.process
    with callers.Bystander(supervisor, BYSTANDER, GROUP) as bystander:
        yield bystander
    assert bystander.failures == []
    # What holds it up does so for seconds: its time-outs are. A busy host takes some of them away.
    assert bystander.usual_seconds < (5.0 if on_machine else 1.0), bystander.seconds
    assert supervisor.process is process and process.poll() is None, supervisor.text()
    assert callers.resident_kib(supervisor) - before < GROWTH_KIB_MAX


# Who may call


def test_root_and_members_may_call_and_nobody_else(supervisor):
    for user, group, groups in [(MEMBER, GROUP, []), (MEMBER, MEMBER, [GROUP]), (0, 0, [])]:
        with callers.as_user(user, group, groups):
            assert supervisor.call("List") == {"projects": []}
    with callers.as_user(OTHER, OTHER, [OTHER + 1]), pytest.raises(Refused) as refused:
        supervisor.call("List")
    assert refused.value.name == "NotPermitted"
    assert refused.value.parameters["message"] == "the supervisor does not listen to you"
    assert "group bulkhead" in refused.value.parameters["hint"]


def test_who_may_not_call_is_recorded_with_what_they_wanted(supervisor):
    wanted = [("Stop", {"project": "x"}), ("org.varlink.service.GetInfo", {}), ("a.b.C", {})]
    for user, (method, parameters) in enumerate(wanted, OTHER):
        with callers.as_user(user, user), pytest.raises(Refused):
            supervisor.call(method, parameters)
    records = audit.events(supervisor, "access.denied")
    assert [each["BULKHEAD_ACTOR_UID"] for each in records] == [
        str(OTHER + number) for number in range(3)]
    # Names of methods that there are, and nothing of a stranger's own.
    assert [each.get("BULKHEAD_REQUEST") for each in records] == [
        "io.bulkhead.Supervisor.Stop", None, None]
    assert all(each["BULKHEAD_ACTOR_PID"] == str(os.getpid()) for each in records)
    assert "Stop" in records[0]["MESSAGE"]
    # None of it was done, or is an action.
    assert audit.events(supervisor, "control.") == []


@pytest.mark.native
@pytest.mark.parametrize("message", [
    b"", b"\0", b"{}\0", b"[" * 20_000, b"x" * 100_000, b'{"method":"' + b"x" * 5_000 + b'"}\0'],
    ids=["nothing", "empty", "nonsense", "deep", "endless", "long"])
def test_whatever_a_stranger_says_is_answered_and_over(supervisor, message):
    before = callers.descriptor_count(supervisor)
    with callers.as_user(OTHER, OTHER):
        connection = callers.raw(supervisor)
    passed = os.open("/dev/null", os.O_RDONLY)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendmsg([message or b"{"], [
            (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [passed] * 3))])
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 16):
            received += piece
    connection.close()
    os.close(passed)
    (reply,) = callers.replies(received)
    assert reply["error"] == "io.bulkhead.Supervisor.NotPermitted"
    assert eventually(lambda: callers.descriptor_count(supervisor) <= before, "all is closed")
    assert len(audit.events(supervisor, "access.denied")) == 1


@pytest.mark.native
def test_who_may_not_call_is_told_by_the_command_line_what_to_do(supervisor):
    os.chmod(os.path.dirname(supervisor.client), 0o755)
    outcome = supervisor.cli(
        "projects", check=False, preexec_fn=lambda: (os.setgroups([]), os.setgid(OTHER),
                                                     os.setuid(OTHER)))
    assert (outcome.returncode, outcome.stdout) == (4, "")
    assert outcome.stderr == (
        "bulkhead: the supervisor does not listen to you (hint: be root (sudo), or become a member "
        "of the group bulkhead: usermod -aG bulkhead USER)\n")


# In a process of its own: the effective user is that of all threads, also of whoever asks meanwhile.
STRANGERS = r"""
import os, resource, select, socket, sys, time
path, first, users, count = sys.argv[1], *map(int, sys.argv[2:])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
os.setgroups([])
kept = []
for number in range(count):
    os.setegid(first)
    os.seteuid(first + number % users)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(path)
    kept.append(one)
    os.seteuid(0)
ended = lambda one: bool(select.select([one], [], [], 0)[0])
while sum(not ended(one) for one in kept) > 32:
    time.sleep(0.01)
print("few", flush=True)
while not all(map(ended, kept)):
    time.sleep(0.01)
print("none", flush=True)
"""


@pytest.mark.native
def test_strangers_take_no_places_and_do_not_flood_the_trail(supervisor, answered_meanwhile):
    with subprocess.Popen(
            ["python3", "-c", STRANGERS, str(supervisor.socket), str(OTHER), "200", "600"],
            stdout=subprocess.PIPE, text=True) as strangers:
        # Those who may call have all of their places.
        members = [callers.raw(supervisor) for _ in range(100)]
        for each in members:
            each.sendall(callers.GET_INFO)
        assert all(b"bulkheadd" in each.recv(1 << 16) for each in members)
        # Some at once, each for a moment; the others are told at once.
        assert strangers.stdout.read().split() == ["few", "none"]
    for each in members:
        each.close()

    # One by one as far as that is bearable, and what was left out is a number.
    def told():
        records = audit.events(supervisor, "access.denied")
        return records if sum(int(r.get("BULKHEAD_COUNT", 1)) for r in records) >= 600 else None
    records = eventually(told, "all are told of")
    assert sum(int(r.get("BULKHEAD_COUNT", 1)) for r in records) == 600
    assert len(records) <= 3 * 41
    assert len({r["BULKHEAD_ACTOR_UID"] for r in records if "BULKHEAD_COUNT" not in r}) >= 10
    assert sum("BULKHEAD_ACTOR_UID" not in r for r in records) <= 3


@pytest.mark.native
def test_of_how_many_strangers_there_were_nobody_is_forgotten_at_the_end(supervisor):
    for user in (OTHER, OTHER, OTHER, OTHER + 1, OTHER + 1):
        with callers.as_user(user, user), pytest.raises(Refused):
            supervisor.call("Stop", {"project": "x"})
    supervisor.kill(signal.SIGTERM)
    *records, last = audit.events(supervisor, "access.denied", "supervisor.stopped")
    assert last["BULKHEAD_EVENT"] == "supervisor.stopped"
    assert [(r["BULKHEAD_ACTOR_UID"], r.get("BULKHEAD_COUNT")) for r in records] == [
        (str(OTHER), None), (str(OTHER + 1), None), (str(OTHER), "2"), (str(OTHER + 1), "1")]
    assert f"2 more connections of uid {OTHER}" in records[2]["MESSAGE"]
    assert records[2]["MESSAGE"].endswith("the last: io.bulkhead.Supervisor.Stop")


# What they may say


def test_the_supervisor_describes_itself(supervisor):
    info = supervisor.call("org.varlink.service.GetInfo")
    assert info["product"] == "bulkheadd"
    assert info["interfaces"] == ["org.varlink.service", "io.bulkhead.Supervisor"]
    text = supervisor.call("org.varlink.service.GetInterfaceDescription",
                           {"interface": "io.bulkhead.Supervisor"})["description"]
    assert "interface io.bulkhead.Supervisor\n" in text


@pytest.mark.native
@pytest.mark.parametrize("method, parameters, flags, name, told", [
    ("a.b.C", {}, {}, "InterfaceNotFound", {"interface": "a.b"}),
    ("None", {}, {}, "MethodNotFound", {"method": "io.bulkhead.Supervisor.None"}),
    ("Show", {}, {}, "InvalidParameter", {"parameter": "project"}),
    ("Show", {"project": 1}, {}, "InvalidParameter", {"parameter": "project"}),
    ("Show", {"project": "x", "more": 1}, {}, "InvalidParameter", {"parameter": "more"}),
    ("Execute", {"project": "x", "command": ["a", 1]}, {}, "InvalidParameter",
     {"parameter": "command[1]"}),
    ("Watch", {}, {}, "ExpectedMore", {}),
    ("Logs", {}, {}, "ExpectedMore", {}),
])
def test_a_call_that_the_interface_does_not_know_is_refused(
        supervisor, method, parameters, flags, name, told):
    with pytest.raises(Refused) as refused:
        supervisor.call(method, parameters, **flags)
    assert (refused.value.name, refused.value.parameters) == (name, told)


@pytest.mark.native
def test_an_error_says_what_can_be_done(supervisor):
    with pytest.raises(Refused) as refused:
        supervisor.call("Show", {"project": "none"})
    assert refused.value.name == "ProjectNotFound"
    assert refused.value.parameters["project"] == "none" and refused.value.parameters["hint"]


@pytest.mark.native
def test_random_bytes_are_answered_by_leaving(supervisor, answered_meanwhile, random_source):
    for _ in range(300):
        connection = callers.raw(supervisor)
        callers.send_until_ended(connection, random_source.randbytes(2_000) + b"\0", 2_001)
        assert callers.has_ended(connection)
        connection.close()


@pytest.mark.native
def test_calls_with_bytes_changed_are_answered_or_left(
        supervisor, answered_meanwhile, random_source):
    original = json.dumps({"method": "io.bulkhead.Supervisor.Show", "more": False,
                           "parameters": {"project": "shop"}}).encode()
    for _ in range(1_000):
        message = bytearray(original)
        for _ in range(random_source.randint(1, 3)):
            message[random_source.randrange(len(message))] = random_source.randrange(1, 256)
        with supervisor.connect() as connection:
            connection.socket.sendall(message + b"\0")
            reply = connection.receive()
            assert reply is None or "error" in reply


@pytest.mark.native
@pytest.mark.parametrize("piece", [
    b"[" * 65_536, b'{"a":' * 10_000, b"x" * 65_536, b'"\\u0000' * 10_000, b"1," * 30_000, b" " * 65_536],
    ids=["lists", "objects", "words", "text", "numbers", "blanks"])
def test_endless_json_is_not_taken(supervisor, answered_meanwhile, piece):
    connection = callers.raw(supervisor)
    # A message's bound, and what the kernel holds.
    assert callers.send_until_ended(connection, piece, 64 << 20) < 4 << 20
    assert callers.has_ended(connection)


@pytest.mark.native
@pytest.mark.parametrize("value", [
    b"[" * 500_000 + b"]" * 500_000, b"[" + b"1," * 500_000 + b"1]", b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    b'"' + b"\\ud83d\\ude00" * 80_000 + b'"'],
    ids=["lists", "numbers", "objects", "text"])
def test_a_long_message_costs_no_more_than_its_bound(supervisor, answered_meanwhile, value):
    for _ in range(5):
        with supervisor.connect() as connection:
            connection.socket.sendall(
                b'{"method":"io.bulkhead.Supervisor.Show","parameters":{"project":' + value + b"}}\0")
            reply = connection.receive()
            assert reply is None or reply["error"].startswith(
                ("org.varlink.service.", "io.bulkhead.Supervisor."))


# What they may do


@pytest.mark.parametrize("user, group", [
    (MEMBER, GROUP), pytest.param(0, 0, marks=pytest.mark.native)])
def test_ten_thousand_connections_hold_up_nobody(supervisor, answered_meanwhile, user, group):
    before = callers.descriptor_count(supervisor)
    spoken = supervisor.connect()
    spoken.call("List")
    with callers.many_descriptors():
        connections = []
        with callers.as_user(user, group):
            for _ in range(10_000):
                connections.append(callers.raw(supervisor))
        assert callers.descriptor_count(supervisor) < before + 520
        # The one more comes through, also of the same user.
        with callers.as_user(user, group):
            assert supervisor.call("List") == {"projects": []}
        # And who has ever called is not dropped for it.
        assert spoken.call("List") == {"projects": []}
        for connection in connections:
            connection.close()
    spoken.close()
    # The bystander may be connected at this moment.
    eventually(lambda: callers.descriptor_count(supervisor) <= before + 2, "all are gone")


def test_without_descriptors_it_waits_for_some(supervisor):
    with supervisor.connect() as friend:
        friend.call("List")
        used = callers.descriptor_count(supervisor)
        os.system(f"prlimit --pid {supervisor.process.pid} --nofile={used + 5}:")
        connections = [callers.raw(supervisor) for _ in range(50)]
        before = callers.processor_seconds(supervisor)
        time.sleep(2)
        # It does not ask the kernel again and again.
        assert callers.processor_seconds(supervisor) - before < 0.5
        assert friend.call("List") == {"projects": []}
        for connection in connections:
            connection.close()
        assert supervisor.call("List") == {"projects": []}


@pytest.mark.native
def test_half_a_message_and_a_peer_that_never_reads_are_left(supervisor, answered_meanwhile):
    half = [callers.raw(supervisor) for _ in range(20)]
    start = time.monotonic()
    for connection in half:
        connection.sendall(b'{"method":"org.varlink')
    deaf = [callers.raw(supervisor) for _ in range(20)]
    call = b'{"method":"org.varlink.service.GetInterfaceDescription",' \
           b'"parameters":{"interface":"io.bulkhead.Supervisor"}}\0'
    for connection in deaf:
        connection.settimeout(0.2)
        # More than would ever be answered: what it does not take is not ours.
        callers.send_until_ended(connection, call * 1_000, 4 << 20)
    idle = supervisor.connect()
    idle.call("List")
    for connection in half:
        assert callers.has_ended(connection)
    # Not at once: whoever is slow has time to say the rest.
    assert time.monotonic() - start > 5
    count = callers.descriptor_count(supervisor)
    eventually(lambda: callers.descriptor_count(supervisor) <= count - len(deaf) + 2,
               "nobody waits for who never reads")
    # Silence between calls is no offence.
    assert idle.call("List") == {"projects": []}
    idle.close()
    for connection in half + deaf:
        connection.close()


def test_descriptors_that_nobody_asked_for_are_closed(supervisor, answered_meanwhile):
    before = callers.descriptor_count(supervisor)
    null = os.open("/dev/null", os.O_RDWR)

    def rights(count):
        return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * count))]

    kept = []
    for count in [1, 5, 6, 253]:
        for text in [b" ", callers.GET_INFO, b"nonsense\0"]:
            connection = callers.raw(supervisor)
            for _ in range(10):
                try:
                    connection.sendmsg([text], rights(count))
                except ConnectionError:
                    break
            kept.append(connection)
    # Half messages may hold five each, no more.
    eventually(lambda: callers.descriptor_count(supervisor) < before + len(kept) + 2 * 5 + 3,
               "the others are closed")
    for connection in kept:
        connection.close()
    os.close(null)
    eventually(lambda: callers.descriptor_count(supervisor) <= before + 2, "all are closed")


def test_who_hangs_up_while_it_waits_leaves_nothing(supervisor, answered_meanwhile):
    before = callers.descriptor_count(supervisor)
    for method in ["Watch", "List", "Health"]:
        for _ in range(100):
            connection = supervisor.connect()
            connection.send(method, more=True)
            connection.close()
    eventually(lambda: callers.descriptor_count(supervisor) <= before + 2, "all are gone")


@pytest.mark.native
def test_calls_in_a_row_are_answered_in_order(supervisor):
    with supervisor.connect() as connection:
        for number in range(500):
            connection.send("Show", {"project": f"p{number}"})
        names = []
        for _ in range(500):
            names.append(connection.receive()["parameters"]["project"])
        assert names == [f"p{number}" for number in range(500)]
