"""The supervisor as it is installed: bulkhead.service, with the directories that the unit gives it."""

import contextlib
import os
import pathlib
import shutil
import subprocess

from harness import daemon as daemons
from harness import sandbox

UNIT = "bulkhead.service"
DROP_INS = pathlib.Path("/run/systemd/system/bulkhead.service.d")


def command(*words, check=True):
    """What a command prints; with `check` it must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=10 * daemons.PATIENCE_SECONDS)
    if check:
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def properties(unit, *names):
    """Properties of a unit as systemd tells them."""
    text = command("systemctl", "show", unit, *(f"--property={name}" for name in names))
    return dict(line.split("=", 1) for line in text.splitlines())


def slice_of(project):
    return f"bulkhead-{escaped(project)}.slice"


def scope_of(project):
    return f"bulkhead-{escaped(project)}.scope"


def escaped(project):
    return command("systemd-escape", project).strip()


class Installed(daemons.Daemon):
    """The installed supervisor, which systemd starts and stops."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.configuration = pathlib.Path("/etc/bulkhead")
        self.state = pathlib.Path("/var/lib/bulkhead")
        self.run = pathlib.Path("/run/bulkhead")
        (self.configuration / "projects.d").mkdir(parents=True, exist_ok=True)
        self.on_machine = True
        self.client = sandbox.find_program()
        self.socket = self.run / "control.sock"
        self.process = None

    def start(self, environment=None, wait=True):
        command("systemctl", "start", UNIT)
        return self

    def text(self):
        return command("journalctl", "--quiet", "--no-pager", "--output=cat", f"--unit={UNIT}",
                       check=False)

    def answers(self):
        with contextlib.suppress(OSError), self.connect(timeout=5) as connection:
            connection.call("List")
            return True
        return False

    @property
    def main_pid(self):
        return int(properties(UNIT, "MainPID")["MainPID"])

    @property
    def status_text(self):
        return properties(UNIT, "StatusText")["StatusText"]

    def kill(self, number=daemons.signal.SIGKILL):
        """Ends the main process; systemd starts another, which answers when this returns."""
        old = self.main_pid
        os.kill(old, number)
        daemons.eventually(lambda: self.main_pid not in (0, old) and self.answers(),
                           "another supervisor answers")

    def override(self, text):
        """A drop-in for [Service] until the end of the test."""
        DROP_INS.mkdir(parents=True, exist_ok=True)
        (DROP_INS / "test.conf").write_text(f"[Service]\n{text}\n", encoding="ascii")
        command("systemctl", "daemon-reload")

    def end(self):
        if self.main_pid == 0:
            command("systemctl", "start", UNIT)
        self.configure("projects: {}\n")
        for file in (self.configuration / "projects.d").iterdir():
            file.unlink()
        daemons.eventually(self.answers, "it answers")
        self.call("ConfigurationApply")
        daemons.eventually(lambda: not self.call("List")["projects"], "every project is gone")
        command("systemctl", "stop", UNIT)
        command("systemctl", "reset-failed", UNIT, check=False)
        (self.configuration / "bulkhead.yaml").unlink()
        for file in self.state.glob("ledger*"):
            file.unlink()
        shutil.rmtree(self.state / "recordings", ignore_errors=True)
        # The key that signs the audit trail: the next test's supervisor makes one.
        shutil.rmtree(self.state / "audit", ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        with contextlib.suppress(FileNotFoundError):
            (self.run / "sandboxes").rmdir()
        if DROP_INS.exists():
            shutil.rmtree(DROP_INS)
            command("systemctl", "daemon-reload")
