"""Sessions that are recorded, and their recordings."""

import contextlib
import hashlib
import json
import os
import subprocess

from harness import audit
from harness.daemon import eventually
from harness.terminal import Terminal, at

CONSOLE = "console: { command: [/bin/sh], terminal: true, grace: 100ms }"


def recorded(daemon, extent, more=""):
    daemon.configure(f"global: {{ audit: {{ record_sessions: {extent}{more} }} }}\nprojects:\n"
                     + daemon.project("shop", CONSOLE))
    daemon.start()
    daemon.await_ready("shop")
    return daemon


def records(daemon, count=1):
    return eventually(
        lambda: len(r := audit.events(daemon, "session.recorded")) == count and r, "it is recorded")


class Cast:
    """A recording, read as the format says: https://docs.asciinema.org/manual/asciicast/v2"""

    def __init__(self, path):
        self.bytes = path.read_bytes()
        # Other ends of lines than this may stand within an event.
        header, *lines = self.bytes.decode().removesuffix("\n").split("\n")
        self.header = json.loads(header)
        self.events = [json.loads(line) for line in lines]
        assert self.header["version"] == 2
        times = [event[0] for event in self.events]
        assert times == sorted(times) and all(t >= 0 for t in times)

    def text(self, code="o"):
        return "".join(event[2] for event in self.events if event[1] == code)

    @property
    def is_whole(self):
        return self.events[-1][1] == "m" and self.events[-1][2].startswith("end of the recording")


def the_recording(daemon):
    """The only one, once it has ended, and its record."""
    record, = records(daemon)
    path, = (daemon.state / "recordings").iterdir()
    assert record["BULKHEAD_RECORDING"] == str(path)
    assert path.stat().st_mode & 0o777 == 0o600 and path.stat().st_uid == 0
    cast = Cast(path)
    assert record["BULKHEAD_SHA256"] == hashlib.sha256(cast.bytes).hexdigest()
    assert record["BULKHEAD_BYTES"] == str(len(cast.bytes))
    # Whoever was attached and the recorder end each for themselves.
    eventually(lambda: audit.open_sessions(daemon) == 0, "no session is open")
    opened, = audit.events(daemon, "session.opened")
    assert opened["BULKHEAD_RECORDING"] == str(path)
    assert opened["BULKHEAD_SESSION"] == record["BULKHEAD_SESSION"]
    return record, cast


def piped(daemon, given, *command):
    return subprocess.run(
        [daemon.client, "exec", "shop", "--", *command], input=given, capture_output=True,
        timeout=90, env={**os.environ, "BULKHEAD_SOCKET": str(daemon.socket)})


def attach(daemon, terminal, count=1):
    process = at(terminal, daemon, "attach", "shop/console")
    eventually(lambda: len(audit.events(daemon, "session.opened")) == count, "it is open")
    return process


def visit(daemon, count, said, shown):
    """A session at the terminal, the count-th of all, in which something is echoed, and which is left."""
    with contextlib.closing(Terminal()) as terminal:
        process = attach(daemon, terminal, count)
        terminal.type(f"echo {said}\n")
        terminal.read_until(shown)
        terminal.type("\x1d")
        assert process.wait(90) == 0


def listed(daemon):
    """The processes that write recordings of this supervisor's."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            links = [os.readlink(f"/proc/{pid}/fd/{n}") for n in os.listdir(f"/proc/{pid}/fd")]
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                if "--record" in file.read() and any(
                        link.startswith(str(daemon.state)) for link in links):
                    found.append(int(pid))
    return found


def recorder(daemon):
    """The process that writes the only recording."""
    return eventually(lambda: listed(daemon), "it is recorded")[0]
