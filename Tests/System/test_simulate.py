"""bulkhead simulate: the same bytes for the same seed, and one line for what is wrong. Asks no supervisor."""

import csv
import json
import pathlib
import subprocess

import pytest

from harness import sandbox

pytestmark = pytest.mark.native

# In the test machine they are beside the tests.
EXAMPLES = next(each for each in (sandbox.REPOSITORY / "examples/simulations",
                                  pathlib.Path(__file__).parents[1] / "examples/simulations")
                if each.is_dir())
SMALL = """
machine: {cpu: 2, memory: 4G}
duration: 1h
projects:
  a:
    count: 3
    cpu: {demand: {walk: {least: 0, most: 2, step: 0.3, every: 1m}}}
    memory: {limit: 1G, demand: 300M}
    crashes_per_hour: 3
"""


def simulate(*words):
    return subprocess.run([sandbox.find_program(), "simulate", *map(str, words)], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(name="small")
def small_scenario(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_equal_seeds_print_equal_bytes_and_others_do_not(small):
    first, second = simulate(small, "--trace", "-"), simulate(small, "--trace", "-")
    other = simulate(small, "--trace", "-", "--seed", "2")
    assert first.returncode == 0
    assert first.stdout == second.stdout
    assert first.stdout != other.stdout
    assert simulate(small).stdout == simulate(small).stdout


def test_the_text_fits_a_terminal_of_80_columns(small):
    done = simulate(small)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "decisions/s" in done.stderr


def test_the_series_and_the_totals_are_for_programs(small, tmp_path):
    series = tmp_path / "series.csv"
    done = simulate(small, "--csv", series, "--json")
    totals = json.loads(done.stdout)
    rows = list(csv.DictReader(series.read_text(encoding="utf-8").splitlines()))
    assert totals["projects"] == 3
    assert sum(int(row["crashes"]) for row in rows) == totals["crashes"] > 0
    assert float(rows[-1]["seconds"]) == 3600


def test_what_was_recorded_is_simulated_again(small, tmp_path):
    record = tmp_path / "use.csv"
    lines = ["seconds,project,cpu_millicores,memory_bytes"]
    lines += [f"{second},shop,{500 + second},1000000" for second in range(0, 1800, 60)]
    record.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = simulate(small, "--replay", record, "--json")
    assert json.loads(done.stdout)["projects"] == 1
    record.write_text("seconds,project\n", encoding="utf-8")
    done = simulate(small, "--replay", record)
    assert done.returncode == 1
    assert "has no column cpu_millicores" in done.stderr


def test_a_wrong_scenario_is_refused_in_one_line_with_its_place(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(SMALL.replace("count: 3", "cuont: 3"), encoding="utf-8")
    done = simulate(path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (f"{path}:6:5: projects.a: unknown key 'cuont'; did you mean 'count'?\n")


@pytest.mark.parametrize("words, message", [
    (["--seeed", "1"], "did you mean --seed?"),
    (["--seed", "-1"], "is negative"),
    (["--strategy", "dynamc"], "did you mean 'dynamic'?"),
    (["--memory-scale", "1e9"], "is no factor"),
    (["--projects", "0"], "is less than 1"),
    (["--csv", "-", "--json"], "only one of"),
])
def test_wrong_arguments_are_refused(small, words, message):
    done = simulate(small, *words)
    assert done.returncode == 2
    assert message in done.stderr


@pytest.mark.both
@pytest.mark.parametrize("name", ["office.yaml", "limits.yaml"])
def test_the_examples_are_taken_as_they_are(name):
    done = simulate(EXAMPLES / name, "--for", "2h", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["duration_ms"] == 7_200_000
