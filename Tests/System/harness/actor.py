"""One of those who use a supervisor all day: does what it is told, one thing after the other, by the
program `bulkhead` or on the control socket, as whatever user it was started as.

    python3 actor.py SOCKET PROGRAM <PLAN     PLAN: lines of JSON, see `Actor.act`

Of each it writes a line of JSON: its number, the process that asked, and what came of it: accepted,
refused, or unknown where the supervisor was gone before it said.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness.daemon import Connection, Refused  # noqa: E402

PATIENCE_SECONDS = 120


class Actor:
    """Keeps its connection as long as it lasts."""

    def __init__(self, path, program):
        self.path, self.program = path, program
        self.connection = None

    def act(self, action):
        """`via`: cli, with `words`; or api, with `method` and `parameters`."""
        if action["via"] == "cli":
            return self.by_command(action["words"])
        return os.getpid(), self.by_call(action["method"], action["parameters"])

    def by_command(self, words):
        child = subprocess.Popen(
            [self.program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env={**os.environ, "BULKHEAD_SOCKET": self.path})
        told = child.communicate(timeout=PATIENCE_SECONDS)[1]
        if child.returncode == 0:
            return child.pid, "accepted"
        # What the program says when it is the supervisor that is gone, or was exchanged meanwhile.
        return child.pid, "unknown" if "the supervisor" in told else "refused"

    def by_call(self, method, parameters):
        end = time.monotonic() + PATIENCE_SECONDS
        while self.connection is None:
            try:
                self.connection = Connection(self.path)
            except OSError:
                assert time.monotonic() < end, "nobody listens"
                time.sleep(0.1)
        try:
            self.connection.call(method, parameters)
            return "accepted"
        except Refused as refused:
            # It was accepted, and then came to nothing.
            return "unknown" if refused.name == "NotStarted" else "refused"
        except (OSError, AssertionError):
            self.connection.close()
            self.connection = None
            return "unknown"


def main():
    actor = Actor(*sys.argv[1:])
    for line in sys.stdin:
        action = json.loads(line)
        pid, outcome = actor.act(action)
        print(json.dumps([action["number"], pid, outcome]), flush=True)


if __name__ == "__main__":
    main()
