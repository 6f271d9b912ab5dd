"""What a sandbox is given: secrets, variables, mounts, identities and terminals; and who may give it."""

import json
import os
import pathlib
import pty
import signal
import stat
import subprocess

import pytest

from harness.daemon import Refused, eventually
from harness.terminal import Terminal

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"
# In no other file of any machine.
SECRET = "s3cr3t-7f1c9a0e5b"


def up(daemon, services=SLEEPER, extra=""):
    daemon.configure("projects:\n" + daemon.project("shop", services, extra))
    daemon.start()
    daemon.await_ready("shop")


def inside(daemon, script, *options):
    return daemon.cli("exec", "shop", *options, "--", "sh", "-c", script).stdout


def secret(daemon):
    path = daemon.directory / "token"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


def test_a_secret_is_for_the_command_and_for_nobody_else(daemon):
    path = secret(daemon)
    up(daemon, extra=f"secrets: {{ token: {path} }}\nuser: 1234:2345")
    assert inside(daemon, "cat /run/secrets/token") == SECRET
    assert inside(daemon, "stat -c '%a %u %g' /run/secrets/token") == "400 1234 2345\n"
    assert inside(daemon, "stat -c %a /run/secrets; stat -fc %T /run/secrets") == "500\ntmpfs\n"
    other = daemon.cli("exec", "shop", "--user", "7", "--", "cat", "/run/secrets/token", check=False)
    assert other.returncode == 1 and "Permission denied" in other.stderr
    for deed in ("echo x > /run/secrets/token", "chmod 600 /run/secrets/token",
                 "rm -f /run/secrets/token", "echo x > /run/secrets/more"):
        wrong = daemon.cli("exec", "shop", "--", "sh", "-c", deed, check=False)
        assert wrong.returncode != 0, deed
    assert inside(daemon, "cat /run/secrets/token") == SECRET
    # The file of the machine is what it was.
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_text() == SECRET


def test_a_secret_is_written_nowhere(daemon):
    up(daemon, extra=f"secrets: {{ token: {secret(daemon)} }}")
    inside(daemon, "cat /run/secrets/token >/dev/null")
    daemon.configure("projects:\n" + daemon.project(
        "shop", SLEEPER, f"secrets: {{ token: {secret(daemon)}, again: {secret(daemon)} }}"))
    said = daemon.cli("config", "diff").stdout + daemon.cli("config", "apply").stdout
    daemon.await_ready("shop")
    for arguments in (["status", "shop", "--json"], ["runs", "--json"], ["ps", "--json"],
                      ["config", "history", "--json"]):
        said += daemon.cli(*arguments).stdout
    assert SECRET not in said + daemon.reports()
    for top in (daemon.state, daemon.run, daemon.configuration):
        for file in top.rglob("*"):
            if file.is_file():
                assert SECRET.encode() not in file.read_bytes(), file
    for descriptor in pathlib.Path(f"/proc/{daemon.process.pid}/fd").iterdir():
        assert not os.readlink(descriptor).endswith("/token")


@pytest.fixture
def absent():
    """A path short enough for a message to have it whole."""
    path = pathlib.Path(f"/tmp/absent-{os.getpid()}")
    yield path
    path.unlink(missing_ok=True)


def test_a_secret_that_is_not_there_refuses_the_launch_by_its_path(daemon, absent):
    daemon.configure("projects:\n" + daemon.project(
        "shop", SLEEPER, f"secrets: {{ token: {absent} }}"))
    daemon.start()
    failed = daemon.await_phase("shop", "failed")
    assert str(absent) in failed["reason"] and "token" in failed["reason"], failed
    absent.write_text(SECRET)
    daemon.cli("restart", "shop")
    daemon.await_ready("shop")
    assert inside(daemon, "cat /run/secrets/token") == SECRET


def test_the_environment_is_what_is_configured_and_nothing_else(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", "main:\n  command: [/bin/sh, -c, 'env > /tmp/env; exec sleep infinity']\n"
        "  environment: { B: own, C: 'with = and spaces' }",
        "environment: { A: outer, B: outer }"))
    daemon.start({"LEAKED_FROM_SUPERVISOR": "yes"})
    daemon.await_ready("shop")
    found = eventually(lambda: inside(daemon, "cat /tmp/env 2>/dev/null || :"), "it wrote them")
    values = dict(line.split("=", 1) for line in found.splitlines())
    assert values["A"] == "outer" and values["B"] == "own" and values["C"] == "with = and spaces"
    assert "LEAKED_FROM_SUPERVISOR" not in values
    assert inside(daemon, "echo $B $X", "--env", "X=1") == "outer 1\n"
    assert "LEAKED" not in inside(daemon, "env")


def test_mounts_are_as_they_are_granted(daemon):
    for name in ("assets", "shared"):
        directory = daemon.project_directory(f"{name}-of")
        (directory / "file").write_text(name)
        directory.chmod(0o777)
    assets, shared = (daemon.project_directory(f"{name}-of") for name in ("assets", "shared"))
    up(daemon, extra="mounts:\n"
       f"  - {{ path: {assets}, at: /assets, access: read-only }}\n"
       f"  - {{ path: {shared}, at: /shared, access: read-write }}\n"
       "  - { tmpfs: /scratch, size: 1M }")
    assert inside(daemon, "cat /assets/file /shared/file") == "assetsshared"
    readonly = daemon.cli("exec", "shop", "--", "sh", "-c", "echo x > /assets/new", check=False)
    assert "Read-only" in readonly.stderr
    inside(daemon, "echo new > /shared/new; echo x > /scratch/x")
    assert (shared / "new").read_text() == "new\n"
    full = daemon.cli("exec", "shop", "--", "dd", "if=/dev/zero", "of=/scratch/big", "bs=1M",
                      "count=2", check=False)
    assert full.returncode != 0 and "No space" in full.stderr


def test_a_mount_that_is_not_there_refuses_the_launch_by_its_path(daemon, absent):
    daemon.configure("projects:\n" + daemon.project(
        "shop", SLEEPER, f"mounts: [{{ path: {absent}, at: /x, access: read-only }}]"))
    daemon.start()
    assert str(absent) in daemon.await_phase("shop", "failed")["reason"]


def test_a_service_is_who_and_where_it_is_said_to_be(daemon):
    up(daemon, "main: { command: [/bin/sleep, infinity], user: 1500, group: 1600, "
       "working_directory: /tmp }\nother: { command: [/bin/sleep, infinity] }", "user: 1100")
    for service, ids, directory in (("main", (1500, 1600), "/tmp"),
                                    ("other", (1100, 1100), str(daemon.project_directory("shop")))):
        pid = daemon.service("shop", service)["pid"]
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        first = int(pathlib.Path(f"/proc/{pid}/uid_map").read_text().split()[1])
        line = lambda name: {int(n) for n in status.split(f"\n{name}:")[1].split("\n")[0].split()}
        assert (line("Uid"), line("Gid")) == ({first + ids[0]}, {first + ids[1]})
        assert line("Groups") == set()
        assert status.split("\nCapEff:")[1].split()[0].strip("0") == ""
        assert os.readlink(f"/proc/{pid}/cwd") == directory


READER = ("main:\n  command: [/bin/sh, -c, 'tty; while read line; do echo got $line; done']\n"
          "  terminal: true\n  restart: no")


@pytest.fixture
def terminal():
    terminal = Terminal(rows=33, columns=77)
    yield terminal
    terminal.close()


def attach(daemon, terminal, before):
    process = terminal.start(_Starter(daemon), "attach", "shop/main")
    eventually(lambda: terminal.settings() != before or process.poll() is not None,
               "the client has the terminal")
    assert process.poll() is None, terminal.read_until("\n")
    return process


class _Starter:
    """Starts the client as harness.terminal wants it."""

    def __init__(self, daemon):
        self.daemon = daemon

    def start(self, *arguments, input, **keywords):
        return subprocess.Popen(
            [self.daemon.client, *arguments], stdin=input,
            env={**os.environ, "BULKHEAD_SOCKET": str(self.daemon.socket)}, **keywords)


def test_a_service_with_a_terminal_is_attached_left_and_attached_again(daemon, terminal):
    up(daemon, READER)
    pid = daemon.service("shop", "main")["pid"]
    before = terminal.settings()
    for number in range(4):
        process = attach(daemon, terminal, before)
        if number == 2:
            # It stays attached: what comes is for it alone, and nobody else gets in.
            daemon.kill()
            daemon.start()
            # To attach oneself, to see whether one can, would be in its way.
            eventually(lambda: connections(process.pid), "the client is back")
        for _ in range(5):
            terminal.type(f"hello{number}\r")
            terminal.read_until(f"got hello{number}")
        assert attached(daemon)
        # Whoever leaves: the client that is told to, and the one that is killed.
        if number % 2:
            process.send_signal(signal.SIGTERM)
        else:
            terminal.type("\x1d")
        assert process.wait(90) == 0
        eventually(lambda: terminal.settings() == before, "the terminal is as it was")
        eventually(lambda: not attached(daemon), "it is free")
    assert daemon.service("shop", "main")["pid"] == pid


def connections(pid):
    """Sockets that the process has."""
    links = [os.readlink(each) for each in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    return [link for link in links if link.startswith("socket:")]


def attached(daemon):
    """Whether somebody is; nobody new is then let in."""
    try:
        daemon.call("Attach", {"project": "shop"})
        return False
    except Refused as refused:
        return "already" in refused.parameters["message"]


def execute(daemon, descriptors):
    return daemon.call("Execute", {"project": "shop", "command": ["true"]}, descriptors=descriptors)


def test_only_plain_streams_are_let_in(daemon, tmp_path):
    up(daemon)
    null = os.open("/dev/null", os.O_RDWR)
    controller, terminal = pty.openpty()
    directory = os.open(tmp_path, os.O_RDONLY)
    opened = [null, controller, terminal, directory]
    for disk in pathlib.Path("/dev").iterdir():
        if stat.S_ISBLK(disk.stat().st_mode):
            # Where there is none, none can be handed over.
            opened.append(os.open(disk, os.O_RDONLY | os.O_NONBLOCK))
            break
    try:
        for bad in opened[1:]:
            for place in range(3):
                three = [null, null, null]
                three[place] = bad
                with pytest.raises(Refused) as refused:
                    execute(daemon, three)
                assert refused.value.name in ("Failed", "NotStarted"), (bad, refused.value)
        for count in (0, 1, 2, 4):
            with pytest.raises(Refused):
                execute(daemon, [null] * count)
        assert execute(daemon, [null] * 3)["run"] > 0
    finally:
        for number in opened:
            os.close(number)
    assert daemon.show("shop")["ready"]


def test_others_than_root_and_the_group_are_refused(daemon):
    up(daemon)
    daemon.run.chmod(0o755)
    command = [daemon.client, "projects"]
    environment = {**os.environ, "BULKHEAD_SOCKET": str(daemon.socket)}
    run = lambda *words: subprocess.run(
        [*words, *command], capture_output=True, text=True, check=False, env=environment)
    assert run().returncode == 0
    stranger = run("setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups")
    assert stranger.returncode != 0 and stranger.stdout == "", stranger
    assert "does not listen to you" in stranger.stderr and "group bulkhead" in stranger.stderr
    assert json.loads(daemon.cli("projects", "--json").stdout)["projects"]
