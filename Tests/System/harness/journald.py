"""journald of the test machine: stopped, killed, kept short, full; and in the end as it was."""

import contextlib
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

from harness import trail
from harness.daemon import eventually
from harness.unit import command, properties

SERVICE = "systemd-journald.service"
SOCKETS = ("systemd-journald.socket", "systemd-journald-dev-log.socket",
           "systemd-journald-audit.socket")
UNIT_DROP_IN = pathlib.Path("/run/systemd/system/systemd-journald.service.d")
DROP_IN = pathlib.Path("/run/systemd/journald.conf.d")
PERSISTENT = pathlib.Path("/var/log/journal")

# What is looked up again after a failure waits a minute at most, and emulation is slow.
PATIENCE_SECONDS = 240


class Journald:
    """As a context: started as often as wanted, and afterwards as it was before."""

    def __enter__(self):
        UNIT_DROP_IN.mkdir(parents=True, exist_ok=True)
        (UNIT_DROP_IN / "test.conf").write_text("[Unit]\nStartLimitIntervalSec=0\n")
        command("systemctl", "daemon-reload")
        return self

    def __exit__(self, *_):
        shutil.rmtree(UNIT_DROP_IN)
        shutil.rmtree(DROP_IN, ignore_errors=True)
        command("systemctl", "daemon-reload")
        self.start()
        command("systemctl", "restart", SERVICE)

    def configure(self, text):
        """What it is configured with, from now on."""
        DROP_IN.mkdir(parents=True, exist_ok=True)
        (DROP_IN / "test.conf").write_text(f"[Journal]\n{text}\n")
        command("systemctl", "restart", SERVICE)

    def stop(self):
        """With its sockets: nobody listens."""
        command("systemctl", "stop", *SOCKETS, SERVICE)

    def start(self):
        command("systemctl", "start", *SOCKETS, SERVICE)

    def kill(self):
        """It ends without a chance to write anything; systemd starts another."""
        old = self.main_pid
        command("systemctl", "kill", "--signal=KILL", SERVICE)
        eventually(lambda: self.main_pid not in (0, old), "another journald")

    @property
    def main_pid(self):
        return int(properties(SERVICE, "MainPID")["MainPID"])

    @contextlib.contextmanager
    def small_disk(self, mebibytes):
        """What it keeps is on a disk of this size, and nowhere else; yields that `Disk`."""
        self.stop()
        volatile = pathlib.Path("/run/log/journal")
        volatile.mkdir(parents=True, exist_ok=True)
        # Where it goes when the other is full: too small for a file of it.
        mounts = {PERSISTENT: f"{mebibytes}M", volatile: "64k"}
        for place, size in mounts.items():
            command("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "test", str(place))
        machine = pathlib.Path("/etc/machine-id").read_text(encoding="ascii").strip()
        (PERSISTENT / machine).mkdir()
        # As systemd's tmpfiles make it: who may read the journal may read its files.
        for place in (PERSISTENT, PERSISTENT / machine):
            shutil.chown(place, group="systemd-journal")
            place.chmod(0o2755)
        self.configure("Storage=persistent\nSystemKeepFree=0\nSystemMaxFiles=10000\n"
                       f"SystemMaxFileSize=512K\nSystemMaxUse={mebibytes}M")
        self.start()
        try:
            yield Disk(PERSISTENT / "filler")
        finally:
            self.stop()
            for place in mounts:
                command("umount", str(place))
            self.start()


class Disk:
    """Full as long as wanted."""

    def __init__(self, filler):
        self.filler = filler

    def fill(self):
        """Until there is no room for one more block, nor in journald's files."""
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4_096)
        # It has room in the file that it has: another is made, for which there is no room.
        command("journalctl", "--rotate", check=False)
        with contextlib.suppress(OSError), open(self.filler, "ab", buffering=0) as file:
            while True:
                file.write(b"\0" * 4_096)

    def free(self):
        self.filler.unlink()


class Trail:
    """The audit trail of an installed supervisor: what its ledger has, and what the journal has."""

    def __init__(self, supervisor):
        self.supervisor = supervisor

    def ask(self, question):
        """All rows. The supervisor has its ledger for itself: this asks a copy."""
        for _ in range(10):
            with tempfile.TemporaryDirectory() as place, contextlib.suppress(sqlite3.DatabaseError):
                # The log of changes last: what was moved from it into the file meanwhile is in both.
                for file in sorted(self.supervisor.state.glob("ledger.db*")):
                    with contextlib.suppress(FileNotFoundError):
                        shutil.copy(file, place)
                with contextlib.closing(sqlite3.connect(f"{place}/ledger.db")) as ledger:
                    return ledger.execute(question).fetchall()
        raise AssertionError("no whole copy of the ledger")

    @property
    def chain(self):
        return self.ask("SELECT id FROM audit_chain")[0][0]

    @property
    def tip(self):
        """The last record's number."""
        return self.ask("SELECT max(seq) FROM audit")[0][0]

    @property
    def public(self):
        return trail.public_key(self.supervisor.state / "audit/public.pem")

    def records(self, ours=True):
        return trail.records(f"BULKHEAD_CHAIN={self.chain}", ours=ours)

    def complete(self, seconds=PATIENCE_SECONDS):
        """What the journal has when it has all that there was when this was called."""
        tip = self.tip

        def found():
            with contextlib.suppress(subprocess.CalledProcessError):
                have = self.records()
                if len({one.sequence for one in have} & set(range(1, tip + 1))) == tip:
                    return have
            return None

        try:
            return eventually(found, f"the journal has {tip} records", seconds)
        except AssertionError as error:
            missing = set(range(1, tip + 1)) - {one.sequence for one in self.records()}
            raise AssertionError(f"{error}; missing: {sorted(missing)}") from error

    def verified(self, lost=(), seconds=PATIENCE_SECONDS):
        """The records by number, when all are there: each once, chained, in order, signed."""
        found = self.complete(seconds)
        return trail.verify(found, public=self.public, lost=lost)
