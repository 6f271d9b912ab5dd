"""Fixtures of the system tests.

They run in two places. In the test machine that `scripts/vm` boots everything holds and every test
runs. On a host without cgroup v2 controllers the tests marked `machine` are left out, and sandboxes
get --allow-unlimited.
"""

import os
import pathlib
import random

import pytest

from harness import attacks, census, sandbox


def pytest_addoption(parser):
    parser.addoption("--count", type=int, default=0, help="repetitions of the repeated tests")
    parser.addoption("--seed", type=int, default=1, help="seed of what is random in tests")


def pytest_configure(config):
    config.addinivalue_line("markers", "machine: needs systemd and cgroup v2 controllers")
    census.become_subreaper()


def on_machine():
    """Whether the kernel can enforce quotas here."""
    controllers = pathlib.Path("/sys/fs/cgroup/cgroup.controllers")
    return controllers.exists() and "memory" in controllers.read_text(encoding="ascii")


def pytest_collection_modifyitems(config, items):
    # Left out, not skipped: a skip would be a failure that looks like a pass.
    if on_machine():
        return
    machine_only = [item for item in items if item.get_closest_marker("machine")]
    config.hook.pytest_deselected(items=machine_only)
    items[:] = [item for item in items if not item.get_closest_marker("machine")]


@pytest.fixture(scope="session")
def random_source(request):
    """Randomness that the same --seed repeats."""
    return random.Random(request.config.getoption("--seed"))


@pytest.fixture
def repetitions(request):
    """repetitions(standard): how often to do it: --count where given."""
    return lambda standard: request.config.getoption("--count") or standard


@pytest.fixture(scope="session")
def attack_program(tmp_path_factory):
    """The static program with every attack in it."""
    directory = tmp_path_factory.mktemp("attacks")
    directory.chmod(0o755)
    return attacks.build(directory)


@pytest.fixture(scope="session")
def host_census(tmp_path_factory):
    """Where to look for what a sandbox may leave behind."""
    machine = on_machine()
    root = "/sys/fs/cgroup" if machine else os.environ.get("BULKHEAD_TEST_CGROUP", "/nonexistent")
    return census.Census(root, ignored=[tmp_path_factory.getbasetemp().parent], systemd=machine)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(host_census):
    """Every test, whatever it tests, leaves the host as it was."""
    before = host_census.take()
    yield
    assert host_census.left_behind(before) == []


@pytest.fixture
def workdir(tmp_path):
    """A fresh directory for the sandbox to work in."""
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


@pytest.fixture
def bulkhead(workdir):
    """The program under test, run in a fresh directory."""
    options = []
    if not on_machine():
        options.append("--allow-unlimited")
        if "BULKHEAD_TEST_CGROUP" in os.environ:
            options += ["--cgroup-parent", os.environ["BULKHEAD_TEST_CGROUP"]]
    return sandbox.Bulkhead(sandbox.find_program(), workdir, options)


@pytest.fixture
def attack(bulkhead, attack_program):
    """attack(NAME, ARG…): runs an attack in a sandbox and returns the outcome."""

    def run(name, *arguments, options=(), **keywords):
        granted = ["--ro", f"{attack_program}:/attack"]
        return bulkhead.run("/attack", name, *map(str, arguments),
                            options=[*granted, *options], **keywords)

    return run
