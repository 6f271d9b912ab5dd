"""Asks the machine, again and again while something else goes on, whether it still answers."""

import subprocess
import threading
import time


class Prober:
    """Runs `true` and reads a file, notes the longest wait. Use as a context manager."""

    # A processor under emulation, shared with what the test contains.
    ANSWER_SECONDS = 20

    def __init__(self):
        self.answers = 0
        self.longest = 0.0
        self.failures = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._probe, name="prober")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _probe(self):
        while not self._ended.is_set():
            start = time.monotonic()
            try:
                subprocess.run(["/bin/true"], check=True, timeout=self.ANSWER_SECONDS)
                with open("/etc/passwd", encoding="utf-8") as file:
                    file.read()
                self.answers += 1
            except (subprocess.SubprocessError, OSError) as error:
                self.failures.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - start)
            self._ended.wait(0.2)

    def check(self):
        """Fails unless every question was answered, and at least one was asked."""
        assert not self.failures, f"the machine did not answer: {self.failures}"
        assert self.answers > 0
        assert self.longest < self.ANSWER_SECONDS
