"""What the ledger does not take at once is in the audit trail later: nothing of it is lost, and nothing is
done before it that would need it."""

import contextlib
import pathlib
import signal
import socket
import sqlite3
import threading

import pytest

from harness import audit, causes, full_disk, shop
from harness.daemon import eventually

pytestmark = pytest.mark.native

SLEEPER = "main: { command: [/bin/sleep, infinity] }"
JOURNAL = pathlib.Path("/run/systemd/journal")


def hold_up(daemon, kind):
    """Before its start: until a signal was sent with `let_through`, no record of kinds that begin so is taken."""
    daemon.start()
    daemon.kill(signal.SIGTERM)
    with contextlib.closing(sqlite3.connect(f"{daemon.state}/ledger.db")) as ledger:
        ledger.execute(
            f"CREATE TRIGGER held BEFORE INSERT ON audit WHEN instr(NEW.bytes, ':{kind}') AND NOT EXISTS"
            " (SELECT 1 FROM audit WHERE instr(bytes, 'control.kill'))"
            " BEGIN SELECT RAISE(FAIL, 'held up'); END")
        ledger.commit()


def let_through(daemon):
    daemon.cli("kill", "--signal", "CONT", "shop")


@pytest.fixture
def project(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    yield daemon
    # While records are held up nothing can be put in order.
    if daemon.process is None:
        return
    if daemon.process.poll() is None:
        daemon.kill()
    with contextlib.closing(sqlite3.connect(f"{daemon.state}/ledger.db")) as ledger:
        ledger.execute("DROP TRIGGER IF EXISTS held")
        ledger.commit()


class Journald:
    """In its place a socket that takes all, and a reader that has lost what it is told to have lost."""

    # A process and no more: whoever kills the supervisor leaves one at most, of a name that is known.
    READER = ("#!/bin/sh\necho >>{0}/asked\ntest -e {0}/busy && exit 1\n"
              "while read -r each; do echo $each; done <{0}/lost\necho done\n")

    def __init__(self, daemon, directory):
        self.directory = directory
        reader = directory / "bulkhead-audit"
        reader.write_text(self.READER.format(directory))
        reader.chmod(0o755)
        (directory / "lost").touch()
        place = directory / "journal"
        place.mkdir()
        inner, beside = daemon.arguments, daemon.program.with_name("bulkhead-audit")
        # Seen by nobody else.
        daemon.arguments = lambda: [
            "unshare", "--mount", "sh", "-c",
            f"mount --bind {reader} {beside} && mount -t tmpfs tmpfs /run/systemd && mkdir {JOURNAL}"
            f" && mount --bind {place} {JOURNAL} && exec \"$@\"",
            "sh", *inner()]
        self.sent = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(place / "socket"))
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while data := self.socket.recv(1 << 20):
                fields = dict(line.partition(b"=")[::2] for line in data.split(b"\n"))
                if b"BULKHEAD_SEQ" in fields:
                    self.sent.append((int(fields[b"BULKHEAD_SEQ"]), b"BULKHEAD_REPUBLISHED" in fields))

    def lose(self, *numbers):
        text = "".join(f"{number}\n" for number in numbers)
        (self.directory / "new").write_text(text)
        (self.directory / "new").rename(self.directory / "lost")

    @property
    def asked(self):
        path = self.directory / "asked"
        return path.read_text().count("\n") if path.exists() else 0


@pytest.fixture
def journald(project, tmp_path):
    found = Journald(project, tmp_path)
    yield found
    found.socket.close()


def test_what_journald_has_lost_is_sent_again_only_once_the_ledger_says_so(project, journald):
    hold_up(project, "audit.gap")
    project.start()
    project.await_ready("shop")
    eventually(lambda: journald.asked >= 1 and journald.sent, "the first records are sent")
    (journald.directory / "busy").touch()
    for _ in range(3):
        project.cli("pause", "shop")
        project.cli("resume", "shop")
    tip = len(audit.records(project))
    eventually(lambda: (tip, False) in journald.sent, "all is sent")
    journald.lose(tip - 3, tip - 2)
    (journald.directory / "busy").unlink()
    # It is asked again and again, for it has not sent them.
    before = journald.asked
    eventually(lambda: journald.asked >= before + 3, "it is asked again")
    health = project.call("Health", {"component": "audit"})["components"][0]
    assert not health["ok"] and "held up" in health["text"], health
    assert not [number for number, again in journald.sent if again], journald.sent
    assert not audit.events(project, "audit.gap")
    let_through(project)
    again = eventually(lambda: [n for n, again in journald.sent if again], "they are sent again")
    (gap,) = audit.events(project, "audit.gap")
    assert gap["BULKHEAD_RANGE"] == f"{tip - 3}-{tip - 2}" and gap["BULKHEAD_COUNT"] == "2"
    assert again[0] == tip - 3
    # Once told it is told, however often they are sent.
    eventually(lambda: [n for n, again in journald.sent if again].count(tip - 3) > 1, "once more")
    assert len(audit.events(project, "audit.gap")) == 1
    journald.lose()
    eventually(lambda: project.call("Health", {"component": "audit"})["components"][0]["ok"],
               "the trail is well")


def test_a_refused_configuration_is_recorded_when_there_is_room(project):
    hold_up(project, "configuration.refused")
    project.start()
    project.await_ready("shop")
    project.configure("projects: { shop: { color: red } }\n")
    project.process.send_signal(signal.SIGHUP)
    eventually(lambda: "held up" in project.text(), "it cannot be written down")
    # The reason is somewhere until then.
    assert "not written down yet: the configuration is refused" in project.text()
    assert not audit.events(project, "configuration.refused")
    let_through(project)
    (record,) = eventually(lambda: audit.events(project, "configuration.refused"), "its record")
    assert "color" in record["MESSAGE"]
    eventually(lambda: all(c["ok"] for c in project.call("Health")["components"]
                           if c["name"] == "ledger"), "the ledger is well")


def test_the_start_of_a_short_run_is_recorded_before_its_end(project):
    hold_up(project, "run.")
    project.configure("projects:\n" + project.project("shop"))
    project.start()
    run = project.call("Execute", {"project": "shop", "workload": "short", "command": ["true"],
                                   "logged": True, "detached": True})["run"]
    eventually(lambda: "held up" in project.text(), "it cannot be written down")
    let_through(project)

    def kinds():
        return [record["BULKHEAD_EVENT"] for record in audit.events(project, "run.")
                if record["BULKHEAD_RUN"] == str(run)]
    eventually(lambda: len(kinds()) == 2, "both are recorded")
    assert kinds() == ["run.started", "run.ended"]


def test_what_is_never_written_down_is_said_when_the_supervisor_ends(project):
    hold_up(project, "configuration.refused")
    project.start()
    project.configure("projects: { shop: { color: red } }\n")
    project.process.send_signal(signal.SIGHUP)
    eventually(lambda: "held up" in project.text(), "it cannot be written down")
    project.kill(signal.SIGTERM)
    assert "records were never written down: 1 configuration.refused" in project.text()


# Of its refusals init tells one a second, and of those within ten seconds all but the first are only counted.
HOARDER = ("import resource, time\n"
           "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
           "held = []\n"
           "for n in range(80):\n"
           "    try:\n"
           "        held.append(open('/dev/null'))\n"
           "    except OSError as error:\n"
           "        print(error, flush=True)\n"
           "        time.sleep(0.1)\n"
           "held.clear()\n"
           "open('done', 'w').close()\n"
           "time.sleep(3600)\n")


@pytest.mark.parametrize("ending", ["sandbox", "supervisor"])
def test_what_was_only_counted_is_told_at_the_end(daemon, ending):
    shop.start(daemon, {"idle": {}})
    daemon.await_phase("shop", "active")
    daemon.project_directory("shop").chmod(0o777)
    daemon.call("Execute", {"project": "shop", "workload": "hog", "logged": True, "detached": True,
                            "command": causes.python(HOARDER)})
    eventually((daemon.project_directory("shop") / "done").exists, "it was refused for seconds")
    assert audit.events(daemon, "fd.limit")
    if ending == "sandbox":
        daemon.call("Stop", {"project": "shop", "wait": True})
    else:
        daemon.kill(signal.SIGTERM)
    told = audit.events(daemon, "fd.limit")
    assert " more" in told[-1]["MESSAGE"] and int(told[-1]["BULKHEAD_COUNT"]) >= 1, told
    assert told[-1]["BULKHEAD_WORKLOAD"] == "hog", told


def test_on_a_full_disk_records_are_kept_until_there_is_room(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    with full_disk.small(daemon):
        daemon.start()
        daemon.await_ready("shop")
        filler = full_disk.fill(daemon)
        daemon.configure("projects: { shop: { color: red } }\n")

        def is_full():
            daemon.process.send_signal(signal.SIGHUP)
            return "ledger" in [c["name"] for c in daemon.call("Health")["components"] if not c["ok"]]
        eventually(is_full, "the ledger is full")
        daemon.configure("projects: { shop: { shape: round } }\n")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "shape" in daemon.text(), "it is refused")
        filler.unlink()
        eventually(lambda: any("shape" in r["MESSAGE"]
                               for r in audit.events(daemon, "configuration.refused")), "its record")
