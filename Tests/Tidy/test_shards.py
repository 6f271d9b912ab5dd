"""System tests are shared out among machines: each file to exactly one, and about the same to each."""

import pathlib
import sys

SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "System"
sys.path.insert(0, str(SYSTEM))

from harness import choice  # noqa: E402  pylint: disable=wrong-import-position

FILES = {path.name for path in SYSTEM.glob("test_*.py")}


def test_every_file_is_in_one_part():
    for count in (1, 2, 3, len(FILES) + 1):
        found = choice.parts(FILES, count, choice.expected_seconds())
        assert len(found) == count
        assert sorted(name for part in found for name in part) == sorted(FILES)
        assert found == choice.parts(sorted(FILES, reverse=True), count, choice.expected_seconds())


def test_the_parts_take_equally_long():
    expected = choice.expected_seconds()
    one, other = (sum(expected.get(name, choice.UNKNOWN_SECONDS) for name in part)
                  for part in choice.parts(FILES, 2, expected))
    assert abs(one - other) < 0.05 * (one + other), (one, other)


def test_the_longest_goes_first_and_what_is_unknown_counts():
    assert choice.parts({"a", "b", "c", "d"}, 2, {"a": 5, "b": 100, "c": 50, "d": 45}) == \
        [{"b"}, {"c", "d", "a"}]
    assert choice.parts({"new", "old"}, 1, {"old": 1}) == [{"new", "old"}]


def test_what_is_timed_is_there():
    assert choice.expected_seconds().keys() <= FILES


def test_a_test_runs_where_its_marks_say():
    places = {marks: (choice.runs(set(marks.split()), False), choice.runs(set(marks.split()), True))
              for marks in ("", "machine", "native", "native both", "machine native both")}
    assert places == {"": (True, True), "machine": (False, True), "native": (True, False),
                      "native both": (True, True), "machine native both": (False, True)}
