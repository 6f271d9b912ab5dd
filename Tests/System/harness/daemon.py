"""Starts a bulkheadd of a test's own and talks to it as its users do."""

import array
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from harness import census, sandbox

# Emulation is 5 to 20 times slower than the metal: generous, for a failure only.
PATIENCE_SECONDS = 90

INTERFACE = "io.bulkhead.Supervisor"


def eventually(condition, what, seconds=PATIENCE_SECONDS):
    """Waits until `condition()` is true and returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def reap_orphans():
    """What PID 1 does on a machine: the children of a supervisor that died are this process's now.

    A helper of bulkheadd is called "exe" until it gives itself its name.
    """
    reap("bulkhead-init", "bulkheadd", "bulkhead-logs", "bulkhead-storag", "bulkhead-audit", "exe")


def reap(*names):
    """Waits for every child with one of these names.

    One that is not dead yet is on its way: its cgroup is empty a moment before it can be waited for.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        orphans = [(pid, state) for pid, (parent, name, state) in census.descendants().items()
                   if parent == os.getpid() and name in names]
        if not orphans:
            return
        for pid, state in orphans:
            if state == "Z":
                os.waitpid(pid, 0)
        time.sleep(0.01)


class Refused(Exception):
    """An error reply: its name without the interface, and its parameters."""

    def __init__(self, reply):
        super().__init__(json.dumps(reply))
        self.name = reply["error"].rpartition(".")[2]
        self.parameters = reply.get("parameters", {})


class Connection:
    """One connection to a control socket, message by message."""

    def __init__(self, path, timeout=PATIENCE_SECONDS):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # With a time-out, Python connects without waiting, and a full queue would be an error.
        self.socket.connect(str(path))
        self.socket.settimeout(timeout)
        self.buffer = b""
        self.descriptors = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()
        for number in self.descriptors:
            os.close(number)
        self.descriptors = []

    def send(self, method, parameters=None, descriptors=(), **flags):
        name = method if "." in method else f"{INTERFACE}.{method}"
        message = {"method": name, "parameters": parameters or {}, **flags}
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        self.socket.sendmsg([json.dumps(message).encode() + b"\0"], rights if descriptors else [])

    def receive(self):
        """The next reply whole; None at the end."""
        while b"\0" not in self.buffer:
            data, ancillary, _, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(20))
            for level, kind, content in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    numbers = array.array("i")
                    numbers.frombytes(content[: len(content) - len(content) % 4])
                    self.descriptors += numbers
            if not data:
                return None
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def ended(self):
        """Whether there is a reply, or nobody who could send one; does not wait, nor take it."""
        try:
            self.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            return True
        except BlockingIOError:
            return False

    def call(self, method, parameters=None, descriptors=(), **flags):
        """The parameters of the one reply."""
        self.send(method, parameters, descriptors, **flags)
        return self.result()

    def result(self):
        reply = self.receive()
        assert reply is not None, "the connection ended without a reply"
        if "error" in reply:
            raise Refused(reply)
        return reply["parameters"]


class Daemon:
    """A bulkheadd with directories of its own. It may be killed and started as often as wanted."""

    def __init__(self, directory, cgroup_root, on_machine):
        self.directory = pathlib.Path(directory)
        self.configuration = self.directory / "etc"
        self.state = self.directory / "state"
        self.run = self.directory / "run"
        (self.configuration / "projects.d").mkdir(parents=True)
        self.on_machine = on_machine
        self.cgroup_root = pathlib.Path(cgroup_root)
        self.client = sandbox.find_program()
        beside = pathlib.Path(self.client).with_name("bulkheadd")
        self.program = beside if beside.exists() else pathlib.Path("/usr/sbin/bulkheadd")
        self.socket = self.run / "control.sock"
        self.process = None
        self.pids = []
        self.log = self.directory / "bulkheadd.log"

    def arguments(self):
        parent = [] if self.on_machine else ["--cgroup-parent", str(self.cgroup_root)]
        return [str(self.program), "--config", str(self.configuration), "--state", str(self.state),
                "--run", str(self.run), *parent]

    def configure(self, text, name="bulkhead.yaml"):
        # In its place at once: somebody may apply it at any moment.
        path = self.configuration / name
        new = path.with_name(f".{path.name}.{threading.get_native_id()}")
        new.write_text(text)
        new.chmod(0o644)
        new.rename(path)

    def project_directory(self, name):
        path = self.directory / "projects" / name
        path.mkdir(parents=True, exist_ok=True)
        for each in (path, path.parent, self.directory):
            each.chmod(0o755)
        return path

    def project(self, name, services="", extra=""):
        """A project's entry below `projects:`, with limits that any host can do."""
        limits = "" if self.on_machine else "    limits: { allow_unlimited: true }\n"
        text = f"  {name}:\n    path: {self.project_directory(name)}\n{limits}"
        if services:
            text += "    services:\n" + "".join(f"      {line}\n" for line in services.splitlines())
        return text + "".join(f"    {line}\n" for line in extra.splitlines())

    def start(self, environment=None, wait=True):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(environment or {})})
        self.pids.append(self.process.pid)
        if wait:
            eventually(self.answers, f"bulkheadd answers; its log:\n{self.text()}")
        return self

    def text(self):
        return self.log.read_text(errors="backslashreplace") if self.log.exists() else ""

    def reports(self):
        """What its supervisors have told so far: where there is a journald they tell that alone."""
        if not self.on_machine:
            return self.text()
        subprocess.run(["journalctl", "--sync"], check=True)
        return self.text() + subprocess.run(
            ["journalctl", "--quiet", "--no-pager", "--boot", "--output=cat",
             *(f"_PID={pid}" for pid in self.pids)],
            check=True, stdout=subprocess.PIPE, text=True, errors="backslashreplace").stdout

    def answers(self):
        assert self.process.poll() is None, f"bulkheadd ended:\n{self.text()}"
        try:
            with self.connect(timeout=5) as connection:
                connection.call("List")
        except OSError:
            return False
        return True

    def connect(self, timeout=PATIENCE_SECONDS):
        return Connection(self.socket, timeout)

    def call(self, method, parameters=None, **keywords):
        try:
            with self.connect() as connection:
                return connection.call(method, parameters, **keywords)
        except OSError as error:
            raise AssertionError(f"{error}; its log:\n{self.text()}") from error

    def cli(self, *arguments, check=True, **keywords):
        """Runs `bulkhead ARGUMENT…` against this supervisor."""
        outcome = subprocess.run(
            [self.client, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, check=False,
            timeout=keywords.pop("timeout", PATIENCE_SECONDS),
            env={**os.environ, "BULKHEAD_SOCKET": str(self.socket)}, **keywords)
        if check:
            assert outcome.returncode == 0, f"{arguments}: {outcome.returncode}\n{outcome.stderr}"
        return outcome

    def show(self, project):
        try:
            return self.call("Show", {"project": project})["project"]
        except Refused as refused:
            raise AssertionError(f"{refused}; its log:\n{self.text()}") from refused

    def service(self, project, service):
        found = [each for each in self.show(project)["services"] if each["name"] == service]
        return found[0]

    def await_phase(self, project, phase):
        return eventually(lambda: self.show(project)["phase"] == phase and self.show(project),
                          f"{project} is {phase}")

    def await_ready(self, project, seconds=PATIENCE_SECONDS):
        return eventually(lambda: self.show(project)["ready"] and self.show(project),
                          f"{project} is ready", seconds)

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(PATIENCE_SECONDS)

    def end(self):
        """Stops every project and then the supervisor; nothing of either is left."""
        # Shown where the test failed.
        print(self.text()[-20_000:])
        if self.process is None:
            return
        if self.process.poll() is not None:
            self.start()
        self.configure("projects: {}\n")
        for file in (self.configuration / "projects.d").iterdir():
            file.unlink()
        self.call("ConfigurationApply")
        # A test may have made dozens, and systemd takes each away in turn.
        eventually(lambda: not self.call("List")["projects"], "every project is gone",
                   seconds=4 * PATIENCE_SECONDS)
        # What is still to be taken down is left to the next supervisor, and there is none.
        mounts = pathlib.Path("/proc/self/mounts")
        eventually(lambda: f" {self.run}/volumes/" not in mounts.read_text(), "volumes are down")
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_SECONDS) == 0, self.text()
        reap_orphans()
