"""Which tests run where, and in which of several machines that run at once."""

import functools
import pathlib

# How many seconds the tests of each file took in the test machine. Made by a run, never by hand:
# scripts/test-system --keep-seconds.
TABLE = pathlib.Path(__file__).resolve().parent.parent / "machine-seconds.txt"

# What a file is expected to take that no run has measured yet.
UNKNOWN_SECONDS = 60.0


def runs(marks, on_machine, count=0):
    """Whether a test with these marks runs in the test machine, or else on this host, where this many
    repetitions were asked for."""
    if "soak" in marks and not count:
        return False
    if on_machine:
        return "native" not in marks or "both" in marks
    return "machine" not in marks


def expected_seconds(table=TABLE):
    """Name of a file → seconds. Without the table every file is expected to take equally long."""
    if not table.exists():
        return {}
    lines = [line.split() for line in table.read_text(encoding="utf-8").splitlines()]
    return {name: float(seconds) for seconds, name in lines}


def parts(names, count, expected):
    """`count` sets of the files that should take equally long: the longest first, and each to who
    has least to do so far. Every file is in exactly one, and equal calls give equal sets."""
    seconds = {name: expected.get(name, UNKNOWN_SECONDS) for name in names}
    shares = [(0.0, number, set()) for number in range(count)]
    for name in sorted(seconds, key=lambda each: (-seconds[each], each)):
        busy, number, mine = min(shares, key=lambda share: share[:2])
        shares[number] = (busy + seconds[name], number, mine | {name})
    return [mine for _, _, mine in shares]


def is_test_file(path):
    return path.name.startswith("test_") and path.suffix == ".py"


@functools.cache
def shard(number, count):
    """The names of the files that are the part `number` of `count`, counted from 1."""
    names = {path.name for path in TABLE.parent.iterdir() if is_test_file(path)}
    return parts(names, count, expected_seconds())[number - 1]


class Stopwatch:
    """A plugin that writes how long the tests of each file took, with what was made ready for them."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.seconds = {}

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("::")[0]
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration

    def pytest_sessionfinish(self):
        self.path.write_text("".join(f"{seconds:.0f} {name}\n" for name, seconds in
                                     sorted(self.seconds.items())), encoding="utf-8")
