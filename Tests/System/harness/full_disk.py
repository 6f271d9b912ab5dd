"""A ledger on a file system that is soon full."""

import contextlib
import subprocess

from harness.daemon import Refused


@contextlib.contextmanager
def small(daemon):
    """A daemon's state on a disk of its own, before it was started."""
    daemon.state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2M,mode=700", "ledger", daemon.state],
                   check=True)
    try:
        yield daemon
        (daemon.state / "filler").unlink(missing_ok=True)
        daemon.end()
    finally:
        if daemon.process and daemon.process.poll() is None:
            daemon.kill()
        daemon.process = None
        subprocess.run(["umount", "-l", daemon.state], check=True)


def fill(daemon):
    """Leaves no byte, until the file that is returned is removed."""
    filler = daemon.state / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (65_536, 4_096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filler


def leave_no_room(daemon):
    """The same, until also the room is used up that the ledger has set aside."""
    filler = fill(daemon)
    with contextlib.suppress(Refused):
        for _ in range(2_000):
            daemon.call("Optimize", {})
        raise AssertionError("there is always room")
    return filler
