"""A project, from inside or through what it writes, makes no record, changes none, holds none up and
keeps none away; and neither does a user of the machine who is not root."""

import contextlib
import json
import subprocess

import pytest

from harness import trail
from harness.daemon import Refused, eventually
from harness.journald import Trail
from harness.unit import command

pytestmark = pytest.mark.machine

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"
FORGED = "forged-by-the-project"


@pytest.fixture
def audit(installed):
    """The trail of a supervisor with two projects."""
    installed.configure("projects:\n" + installed.project("bad", SLEEPER)
                        + installed.project("good", SLEEPER))
    installed.start()
    for name in ("bad", "good"):
        installed.await_ready(name)
    return Trail(installed)


def entries(*matches):
    """What the journal has, from whomever."""
    return [trail.Record(entry) for entry in trail.parse(trail.export(*matches))]


def act(supervisor, project, first, count):
    with supervisor.connect() as connection:
        for number in range(first, first + count):
            connection.call("QuotaSet", {"reason": f"action {number}", "changes": [
                {"project": project, "name": "pids", "value": str(200 + number)}]})
    return [f"action {number}" for number in range(first, first + count)]


def execute(supervisor, project, script, *arguments):
    return supervisor.cli("exec", project, "--", "/usr/bin/python3", "-c", script, *arguments,
                          check=False)


LINES = r"""
import os, sys
hash, sequence = sys.argv[1:]
fields = [b"MESSAGE=forged-by-the-project", b"BULKHEAD_EVENT=control.start",
          b"BULKHEAD_SEQ=" + sequence.encode(), b"BULKHEAD_HASH=" + hash.encode(), b"_UID=0",
          b"SYSLOG_IDENTIFIER=bulkheadd", b"PRIORITY=0", b"MESSAGE_ID=" + b"0" * 32]
for end in (b"\n", b"\0", b"\r", b"\n\n", b"\x1b[2K", b"\0\n", b"\x1e"):
    os.write(1, end.join(fields) + b"\n")
# As the export format and the native protocol have values with newlines in them.
for name in (b"MESSAGE", b"BULKHEAD_HASH"):
    os.write(2, name + b"\n" + (64).to_bytes(8, "little") + hash.encode() + b"\n")
os.write(1, b"<0>bulkheadd[1]: BULKHEAD_SEQ=1\n")
os.write(1, (b"BULKHEAD_SEQ=" + sequence.encode()) * 100_000 + b"\n")
os.write(2, bytes(range(256)) * 256 + b"\nBULKHEAD_HASH=" + hash.encode() + b"\n")
"""


def test_fields_in_what_a_project_writes_are_text_and_nothing_else(installed, audit):
    one = audit.complete()[-1]
    before = installed.call("Runs", {"project": "bad"})["runs"]
    installed.call("Execute", {"project": "bad", "logged": True, "detached": True, "command": [
        "/usr/bin/python3", "-c", LINES, one["HASH"], one["SEQ"]]})
    eventually(lambda: any(run["state"] == "ended" for run in installed.call(
        "Runs", {"project": "bad"})["runs"][:1]) and len(installed.call(
            "Runs", {"project": "bad"})["runs"]) > len(before), "it has written all")
    found = eventually(
        lambda: [e for e in entries("BULKHEAD_PROJECT=bad") if FORGED in (e["MESSAGE"] or "")
                 # Who asked for the command has all of it in a record.
                 and not (e.is_ours and e["EVENT"] == "control.execute")],
        "what it wrote is in the log")
    for entry in found:
        assert not entry.is_ours and not entry["HASH"] and not entry["SEQ"], entry.fields
        assert entry["SYSLOG_IDENTIFIER"] != "bulkheadd" and entry["EVENT"] is None, entry.fields
    assert all(each.is_ours for each in entries(f"BULKHEAD_HASH={one['HASH']}"))
    assert len(audit.records(ours=False)) == len(audit.records())
    audit.verified()


SOCKETS = r"""
import os, socket, sys
places = ["/run/systemd/journal/socket", "/run/systemd/journal/stdout", "/run/systemd/journal/dev-log",
          "/dev/log", "/run/systemd/journal/io.systemd.journal", "/run/bulkhead/control.sock"]
places += ["\0" + place for place in places]
for place in places:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as one:
            try:
                one.connect(place)
                one.send(b"MESSAGE=forged-by-the-project\nBULKHEAD_SEQ=1\n")
                print("reached", repr(place))
            except OSError as error:
                pass
# What it got at its start may be journald's.
for number in range(256):
    try:
        os.fstat(number)
        with socket.socket(fileno=os.dup(number)) as one:
            one.send(b"MESSAGE=forged-by-the-project\nBULKHEAD_SEQ=1\n")
            print("reached", number)
    except OSError:
        pass
print("tried all")
"""


def test_the_sockets_of_journald_are_out_of_a_projects_reach(installed, audit):
    outcome = execute(installed, "bad", SOCKETS)
    assert outcome.stdout.splitlines() == ["tried all"], outcome
    assert not [e for e in entries("SYSLOG_IDENTIFIER=bulkheadd") if e["MESSAGE"] == FORGED]
    audit.verified()


def test_a_project_that_floods_its_log_holds_up_nobodys_records(installed, audit):
    installed.call("Execute", {"project": "bad", "logged": True, "detached": True, "command": [
        "/bin/sh", "-c", "while :; do yes BULKHEAD_SEQ=1 BULKHEAD_HASH=2 | head -n 10000; done"]})
    flood = "BULKHEAD_SEQ=1 BULKHEAD_HASH=2"
    eventually(lambda: [e for e in entries("BULKHEAD_PROJECT=bad") if e["MESSAGE"] == flood],
               "it floods")
    wanted = act(installed, "good", 0, 20)
    chain = audit.verified()
    mine = [one for one in chain.values() if one["EVENT"] == "control.quota-set"]
    assert [one["REASON"] for one in mine] == wanted
    delays = sorted((int(one["__REALTIME_TIMESTAMP"]) - int(one["AT"])) / 1e6 for one in mine)
    assert delays[-1] < 30, delays
    assert not [one for one in chain.values() if one["REPUBLISHED"]], "journald lost some"


CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f\u0085\u2028\u202e\ufeff"
WICKED = [
    "two\nlines", "BULKHEAD_SEQ=1\nBULKHEAD_HASH=" + "0" * 64 + "\n", "nul\0nul", CONTROLS,
    "\x1b[31mred\x1b[0m", "x" * 100_000, "\n" * 1_000, "=", "", "é" * 3_000, "\ud800",
]


def test_what_callers_say_is_one_line_of_one_field(installed, audit):
    for word in WICKED:
        with installed.connect() as connection:
            calls = [
                ("Execute", {"project": "good", "command": ["/bin/true", word, word],
                             "logged": True, "detached": True}),
                ("Execute", {"project": "good", "command": ["/bin/true"], "workload": word,
                             "logged": True, "detached": True}),
                ("Start", {"project": word}), ("Stop", {"project": "good", "service": word}),
                ("QuotaSet", {"reason": word, "changes": [
                    {"project": "good", "name": "pids", "value": "222"}]}),
                ("QuotaSet", {"reason": "r", "changes": [
                    {"project": word, "name": word, "value": word}]}),
                ("Register", {"name": word, "path": word}),
                ("Kill", {"project": "good", "workload": word}),
                ("Pause", {"project": "nobody", "reason": word}),
            ]
            for method, parameters in calls:
                with contextlib.suppress(Refused, OSError, AssertionError):
                    connection.call(method, parameters)
    chain = audit.verified()
    for one in chain.values():
        message = one.fields[b"MESSAGE"]
        assert not any(byte < 32 or byte == 127 for byte in message), one
        assert "\u202e" not in message.decode() and "\u2028" not in message.decode(), one
        for name, value in one.fields.items():
            if not name.startswith((b"_", b"OBJECT_")):
                assert len(value) <= 4_000, (one, name, len(value))
                assert not any(byte < 32 or byte == 127 for byte in value), (one, name, value)
    by_kind = [one["EVENT"] for one in chain.values()]
    assert by_kind.count("control.quota-set") >= len(WICKED), by_kind
    assert by_kind.count("control.register") >= len(WICKED) // 2


def native(fields):
    """A datagram of journald's own protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/"""
    return b"".join(name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
                    for name, value in fields)


FORGER = r"""
import json, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
    one.connect("/run/systemd/journal/socket")
    for datagram in json.load(sys.stdin):
        one.send(bytes.fromhex(datagram))
"""


def fields_of(data):
    """The fields of a record's canonical bytes."""
    fields = []
    while data:
        name, _, rest = data.partition(b"=")
        size, _, rest = rest.partition(b":")
        fields.append((name, rest[:int(size)]))
        data = rest[int(size) + 1:]
    return fields


def test_who_sends_more_than_a_record_has_is_named(installed, audit):
    """journald puts who it was behind all that they say, where it had not seen them before."""
    audit.complete()
    own = [(b"BULKHEAD_CHAIN", audit.records()[0]["CHAIN"].encode()), (b"BULKHEAD_SEQ", b"5"),
           (b"BULKHEAD_EVENT", b"project.ready"), (b"BULKHEAD_HASH", b"0" * 64),
           (b"SYSLOG_IDENTIFIER", b"bulkheadd"), (b"MESSAGE", FORGED.encode())]
    large = native([*own, *((b"Z%d" % number, b"1") for number in range(1_017))])
    subprocess.run(["/usr/bin/python3", "-c", FORGER], input=json.dumps([large.hex()]), text=True,
                   check=True, user=100_777, group=100_777, extra_groups=[])
    eventually(lambda: [e for e in entries("SYSLOG_IDENTIFIER=bulkheadd") if e["MESSAGE"] == FORGED],
               "it is in the journal")
    verdict = json.loads(command("bulkhead", "audit", "verify", "--json", check=False))
    # What other tests forged is in this journal too.
    found = {each["kind"] for each in verdict["findings"] if "uid 100777" in each["text"]}
    assert found == {"forged"} and not any(
        each["kind"] == "altered" for each in verdict["findings"]), verdict


def test_copies_that_another_user_sends_do_not_pass_for_the_records_that_journald_lost(installed):
    # journald takes few of the supervisor's, and all of the forger's.
    installed.override("LogRateLimitIntervalSec=20s\nLogRateLimitBurst=2")
    installed.configure("projects:\n" + installed.project("good", SLEEPER))
    installed.start()
    installed.await_ready("good")
    audit = Trail(installed)
    wanted = act(installed, "good", 0, 40)
    rows = audit.ask("SELECT seq, bytes, hash FROM audit ORDER BY seq")
    copies = [native([*fields_of(data), (b"BULKHEAD_HASH", hash.hex().encode())]).hex()
              for _, data, hash in rows]
    # As `logger --journald` does it: whoever is on the machine may write into the journal.
    command("systemctl", "restart", "systemd-journald.service")
    subprocess.run(["/usr/bin/python3", "-c", FORGER], input=json.dumps(copies), text=True,
                   check=True, user=65_534, group=65_534, extra_groups=[])
    missing = len(rows) - len({one.sequence for one in audit.records()})
    assert missing > 0, "journald lost nothing"
    forged = [one for one in audit.records(ours=False) if not one.is_ours]
    assert len(forged) == len(rows)
    assert {one["_UID"] for one in forged} == {"65534"}
    installed.override("LogRateLimitIntervalSec=0")
    command("systemctl", "restart", "bulkhead.service")
    chain = audit.verified(lost=None)
    assert [one["REASON"] for one in chain.values() if one["EVENT"] == "control.quota-set"] == wanted
