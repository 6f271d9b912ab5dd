"""Builds the attack programs and judges what they say."""

import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "attacks"


def build(directory):
    """Compiles attacks/*.c into one static program; a sandbox may have no libraries for it.

    An emulated compiler takes half a minute: scripts/test-system gives the test machine the program.
    """
    program = pathlib.Path(directory) / "attack"
    if (SOURCES / "attack").exists():
        shutil.copy(SOURCES / "attack", program)
        return program
    subprocess.run(
        ["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o", program,
         *sorted(SOURCES.glob("*.c")), "-lpthread"],
        check=True,
    )
    return program


def assert_refused(outcome):
    """The sandbox held: something was tried, nothing got through."""
    told = f"status {outcome.status}\n{outcome.stdout}\n{outcome.stderr}"
    assert "ESCAPED" not in outcome.stdout, told
    assert "broken:" not in outcome.stdout, told
    assert "refused:" in outcome.stdout, told
    assert outcome.status == 0, told
