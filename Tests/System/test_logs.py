"""bulkhead-logs: what it gives out of the journal, and what it takes for forged."""

import contextlib
import json
import os
import pathlib
import select
import socket
import subprocess
import time

import pytest

from harness import sandbox

pytestmark = pytest.mark.machine

JOURNAL = "/run/systemd/journal/socket"
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def program():
    installed = "/usr/libexec/bulkhead/bulkhead-logs"
    built = sandbox.REPOSITORY / "out/release/bulkhead-logs"
    return installed if os.access(installed, os.X_OK) else str(built)


class Reader:
    """A bulkhead-logs whose replies come over our end of its socket."""

    def __init__(self, *arguments):
        self.socket, theirs = socket.socketpair()
        # The program expects its socket as descriptor 3.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" "$@" 3<&{theirs.fileno()}', program(), *arguments],
            pass_fds=[theirs.fileno()])
        theirs.close()
        self.buffer = b""

    def reply(self, seconds=60):
        """The next reply; None at the end of the stream."""
        self.socket.settimeout(seconds)
        while b"\0" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                assert self.buffer == b""
                return None
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def lines(self):
        """Every line up to the last reply."""
        found = []
        while True:
            reply = self.reply()
            if not reply.get("continues"):
                assert reply == {"parameters": {}}
                assert self.reply() is None
                assert self.process.wait(60) == 0
                return found
            found.append(reply["parameters"]["line"])

    def messages(self):
        return [line["message"] for line in self.lines()]

    def close(self):
        self.socket.close()
        return self.process.wait(60)


@contextlib.contextmanager
def reading(*arguments):
    reader = Reader(*arguments)
    try:
        yield reader
    finally:
        reader.socket.close()
        reader.process.kill()
        reader.process.wait()


def record(message, project="shop", workload="web", run=17, priority=6):
    """One record in journald's native protocol, as bulkhead-init writes it."""
    fields = f"SYSLOG_IDENTIFIER={project}/{workload}\nBULKHEAD_PROJECT={project}\n"
    if workload:
        fields += f"BULKHEAD_WORKLOAD={workload}\n"
    if run:
        fields += f"BULKHEAD_RUN={run}\n"
    fields += f"PRIORITY={priority}\n"
    message = message if isinstance(message, bytes) else message.encode()
    return fields.encode() + b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n"


# What user 0 of a sandbox is outside: journald keeps the entries of other users than its own in other
# files.
INSIDE_ROOT = 0x7000_0000 + 65_536 * 17


def send(records, unit, slice="bulkhead.slice", user=INSIDE_ROOT):
    """Sends records from a process that sits in the cgroup that systemd would give this unit."""
    directory = CGROUPS / slice / unit
    directory.mkdir(parents=True, exist_ok=True)
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            ours.close()
            (directory / "cgroup.procs").write_text("0", encoding="ascii")
            os.setresuid(user, user, user)
            sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            sender.connect(JOURNAL)
            for each in records:
                sender.send(each)
            status = 0
            # journald looks up who we are when it reads: we stay until it has.
            theirs.send(b"sent")
            theirs.recv(1)
        finally:
            os._exit(status)
    theirs.close()
    assert ours.recv(4) == b"sent"
    subprocess.run(["journalctl", "--sync"], check=True)
    ours.close()
    assert os.waitpid(child, 0)[1] == 0
    with contextlib.suppress(OSError):
        directory.rmdir()


@pytest.fixture
def project(request):
    """A project's name that no other test uses."""
    return "logs-" + request.node.name.replace("test_", "")[:40].replace("_", ".")


def scope(project):
    return "bulkhead-" + project.replace("-", "\\x2d") + ".scope"


def test_the_lines_of_a_project_come_in_their_order(project):
    send([record(f"line {number}", project, run=number + 1, priority=number)
          for number in range(8)], scope(project))
    with reading("--project", project) as reader:
        lines = reader.lines()
    assert [line["message"] for line in lines] == [f"line {number}" for number in range(8)]
    assert [line["run"] for line in lines] == list(range(1, 9))
    assert [line["priority"] for line in lines] == list(range(8))
    assert {line["project"] for line in lines} == {project}
    assert {line["workload"] for line in lines} == {"web"}
    assert all(abs(line["at_us"] / 1e6 - time.time()) < 600 for line in lines)


def test_only_the_last_lines_come_where_so_many_are_wanted(project):
    send([record(f"line {number}", project) for number in range(10)], scope(project))
    with reading("--project", project, "--lines", "3") as reader:
        assert reader.messages() == ["line 7", "line 8", "line 9"]
    with reading("--project", project, "--lines", "99") as reader:
        assert len(reader.messages()) == 10
    with reading("--project", project, "--lines", "0") as reader:
        assert reader.messages() == []


def test_a_workload_and_a_run_can_be_picked(project):
    send([record("a", project, "web", 1), record("b", project, "db", 2),
          record("c", project, "web", 3)], scope(project))
    with reading("--project", project, "--workload", "web") as reader:
        assert reader.messages() == ["a", "c"]
    with reading("--project", project, "--run", "2") as reader:
        assert reader.messages() == ["b"]
    with reading("--project", project, "--workload", "web", "--run", "2") as reader:
        assert reader.messages() == []


def test_lines_before_a_time_are_left_out(project):
    send([record("before", project)], scope(project))
    since = int(time.time() * 1e6)
    send([record("after", project), record("last", project)], scope(project))
    with reading("--project", project, "--since-us", str(since)) as reader:
        assert reader.messages() == ["after", "last"]
    with reading("--project", project, "--since-us", str(since), "--lines", "1") as reader:
        assert reader.messages() == ["last"]
    with reading("--project", project, "--since-us", str(since), "--lines", "9") as reader:
        assert reader.messages() == ["after", "last"]


def test_what_another_unit_wrote_in_the_projects_name_is_left_out(project):
    send([record("own", project)], scope(project))
    other = "logs-forger"
    send([record("forged by a project", project)], scope(other))
    send([record("forged by a service", project)], "forger.service", "system.slice")
    send([record("forged by a user", project)], scope(project),
         "user.slice/user-1000.slice/user@1000.service/app.slice")
    # They are in the journal.
    journal = subprocess.run(["journalctl", "-o", "cat", f"BULKHEAD_PROJECT={project}"],
                             check=True, capture_output=True, text=True).stdout
    assert journal.count("forged by") == 3
    with reading("--project", project) as reader:
        assert reader.messages() == ["own"]
    with reading("--project", other) as reader:
        assert reader.messages() == []
    with reading() as reader:
        assert [message for message in reader.messages() if "forged" in message] == []


def test_the_supervisors_own_records_belong_to_the_project(project):
    send([record("own", project)], scope(project))
    send([record(f"{project}: is ready", project, workload=None, run=None)], "bulkhead.service",
         "system.slice", user=0)
    with reading("--project", project) as reader:
        lines = reader.lines()
    assert [line["message"] for line in lines] == ["own", "is ready"]
    assert lines[1]["workload"] == "" and "run" not in lines[1]


def test_without_a_project_the_lines_of_all_come(project):
    send([record("one", project)], scope(project))
    send([record("two", project + ".b")], scope(project + ".b"))
    with reading() as reader:
        messages = [line["message"] for line in reader.lines() if project in line["project"]]
    assert messages == ["one", "two"]


def test_following_goes_on_with_what_comes(project):
    with reading("--project", project, "--follow", "--lines", "0") as reader:
        # It waits before there is a first line, which is the harder case.
        assert select.select([reader.socket], [], [], 3)[0] == []
        send([record("one", project)], scope(project))
        assert reader.reply()["parameters"]["line"]["message"] == "one"
        send([record("two", project)], scope(project))
        assert reader.reply()["parameters"]["line"]["message"] == "two"
        assert reader.close() == 0


def test_following_survives_a_rotation_of_the_journal(project):
    send([record("before", project)], scope(project))
    with reading("--project", project, "--follow") as reader:
        assert reader.reply()["parameters"]["line"]["message"] == "before"
        subprocess.run(["journalctl", "--rotate"], check=True)
        send([record("after", project)], scope(project))
        assert reader.reply()["parameters"]["line"]["message"] == "after"


def test_a_reader_that_goes_away_ends_it(project):
    send([record("x" * 4000, project) for _ in range(200)], scope(project))
    with reading("--project", project, "--follow") as reader:
        # Its socket's buffer is full, and it waits for us.
        time.sleep(2)
        assert reader.process.poll() is None
        assert reader.close() == 0


def test_bytes_that_are_no_text_and_long_lines_do_no_harm(project):
    send([record(b"\xff\x00\x1b[2J", project), record("x" * 100_000, project),
          record("", project)], scope(project))
    with reading("--project", project) as reader:
        messages = reader.messages()
    assert messages == ["\ufffd\0\x1b[2J", "x" * 65_536, ""]


def test_it_is_nobody_and_can_do_nothing(project):
    send([record("one", project)], scope(project))
    with reading("--project", project, "--follow") as reader:
        reader.reply()
        status = pathlib.Path(f"/proc/{reader.process.pid}/status").read_text(encoding="utf-8")
    facts = dict(line.split(":\t", 1) for line in status.splitlines())
    assert facts["Uid"].split() == ["65534"] * 4
    assert facts["NoNewPrivs"] == "1"
    assert {facts[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert facts["Groups"].split() == []


def test_without_a_journal_it_says_so():
    script = "mount -t tmpfs none /var/log && mount -t tmpfs none /run/log && exec \"$@\""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", "bash", "-c",
             f'exec "$0" --project shop 3<&{theirs.fileno()}', program()],
            pass_fds=[theirs.fileno()], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert done.stderr == "bulkhead-logs: there is no journal to read from\n"
        theirs.close()
        reply = json.loads(ours.recv(65536).rstrip(b"\0"))
    assert reply["error"] == "io.bulkhead.Supervisor.Failed"
    assert reply["parameters"]["message"] == "there is no journal to read from"
    assert "journald" in reply["parameters"]["hint"]
