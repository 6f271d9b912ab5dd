"""Runs bulkhead and says what came of it."""

import dataclasses
import json
import os
import pathlib
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]

# Emulation is up to twenty times slower than the metal; a test that hangs is ended by this.
DEADLINE_SECONDS = 120

# What --allow-unlimited says on a host without controllers, in front of everything else.
UNENFORCED = "bulkhead: not enforced: "


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def record(self):
        """The record of `bulkhead run --json`: the last line that is an object."""
        for line in reversed((self.stdout + "\n" + self.stderr).splitlines()):
            if line.startswith("{"):
                return json.loads(line)
        raise AssertionError(f"no record in {self}")

    @property
    def errors(self):
        """The lines on standard error."""
        return [line for line in self.stderr.splitlines() if line.strip()]


def find_program():
    """The bulkhead under test: $BULKHEAD, an installed one, or this checkout's release build."""
    candidates = [
        os.environ.get("BULKHEAD"),
        "/usr/bin/bulkhead",
        str(REPOSITORY / "out/release/bulkhead"),
    ]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise AssertionError("no bulkhead to test: run scripts/build first")


def environment(changes=None):
    """The variables a command gets: ours, with changes; None takes one away."""
    result = dict(os.environ)
    for name, value in (changes or {}).items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


class Bulkhead:
    """The command line, and `run` with what every test's sandbox has in common."""

    def __init__(self, program, directory, options=()):
        self.program = program
        self.directory = directory
        # Options that every `run` gets: natively, the leave to run without quotas.
        self.options = list(options)

    def __call__(self, *arguments, **keywords):
        """Runs `bulkhead ARGUMENTS…` to its end."""
        return self.finish(self.start(*arguments, **keywords))

    def run(self, *arguments, options=(), **keywords):
        """Runs `bulkhead run [options] -- ARGUMENTS…` to its end."""
        return self("run", *self.options, *options, "--", *arguments, **keywords)

    def shell(self, script, options=(), **keywords):
        """Runs a shell script in a sandbox."""
        return self.run("sh", "-c", script, options=options, **keywords)

    def start(self, *arguments, input=subprocess.DEVNULL, cwd=None, env=None, **keywords):
        """Starts `bulkhead ARGUMENTS…` and returns the process, its output in pipes."""
        keywords.setdefault("stdout", subprocess.PIPE)
        keywords.setdefault("stderr", subprocess.PIPE)
        if isinstance(input, str):
            keywords["stdin"] = subprocess.PIPE
        else:
            keywords["stdin"] = input
        process = subprocess.Popen(
            [self.program, *arguments], cwd=cwd or self.directory, env=environment(env), **keywords
        )
        process.text_in = input if isinstance(input, str) else None
        process.started = time.monotonic()
        return process

    def finish(self, process, deadline=DEADLINE_SECONDS):
        """Waits for a process of `start` and returns its outcome."""
        text = process.text_in.encode() if process.text_in is not None else None
        try:
            stdout, stderr = process.communicate(text, timeout=deadline)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(
                f"bulkhead did not end within {deadline} s: {process.args}\n"
                f"{(stdout or b'')[-2000:]!r}\n{(stderr or b'')[-2000:]!r}"
            ) from None
        errors = (stderr or b"").decode(errors="backslashreplace").splitlines(keepends=True)
        return Outcome(
            process.returncode,
            (stdout or b"").decode(errors="backslashreplace"),
            "".join(line for line in errors if not line.startswith(UNENFORCED)),
            time.monotonic() - process.started,
        )
