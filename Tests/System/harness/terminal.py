"""A terminal on the host, with a bulkhead in it, as an operator has one."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time


class Terminal:
    """A pty pair; `start` runs a bulkhead whose controlling terminal it is."""

    def __init__(self, rows=24, columns=80):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)

    def close(self):
        for handle in (self.master, self.slave):
            if handle >= 0:
                os.close(handle)
        self.master = self.slave = -1

    def hang_up(self):
        """The terminal dies: a closed window, a lost connection."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self):
        """The modes, to compare before and after."""
        return termios.tcgetattr(self.slave)

    def start(self, bulkhead, *arguments, **keywords):
        def adopt():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        return bulkhead.start(*arguments, input=self.slave, stdout=self.slave, stderr=self.slave,
                              preexec_fn=adopt, **keywords)

    def type(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text, seconds=60):
        """What was printed up to `text`; fails when it does not come."""
        end, printed = time.monotonic() + seconds, ""
        while text not in printed:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {text!r} within {seconds} s in {printed!r}"
            try:
                printed += os.read(self.master, 4096).decode(errors="backslashreplace")
            except OSError as error:
                raise AssertionError(f"{error} before {text!r} in {printed!r}") from None
        return printed

    def waiting_input(self):
        """How many characters wait to be read by whoever reads the terminal next."""
        attributes = termios.tcgetattr(self.slave)
        # Without line editing FIONREAD counts unfinished lines too.
        attributes[3] &= ~termios.ICANON
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
        return struct.unpack("i", fcntl.ioctl(self.slave, termios.FIONREAD, b"\0" * 4))[0]


def at(terminal, daemon, *arguments):
    """A command line whose controlling terminal this is."""
    def adopt():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    return subprocess.Popen(
        [daemon.client, *arguments], stdin=terminal.slave, stdout=terminal.slave,
        stderr=terminal.slave, preexec_fn=adopt,
        env={**os.environ, "BULKHEAD_SOCKET": str(daemon.socket)})
