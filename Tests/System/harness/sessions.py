"""Commands that somebody is connected to."""

import os
import subprocess

from harness import audit
from harness.daemon import eventually


def sessions(daemon):
    return audit.events(daemon, "session.")


def begin(daemon, *arguments):
    """Of a command line that goes on; it leads a process group of its own."""
    process = subprocess.Popen(
        [daemon.client, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "BULKHEAD_SOCKET": str(daemon.socket)})
    eventually(lambda: len(sessions(daemon)) == 1, "it is open")
    return process


def finish(process):
    process.communicate(timeout=90)
    return process.returncode
