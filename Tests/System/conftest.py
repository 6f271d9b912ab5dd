"""Fixtures of the system tests.

They run in two places. On a host like yours the tests marked `machine` are left out, because they
need systemd and cgroup v2 controllers or would load the host, and sandboxes get --allow-unlimited. In
the test machine that `scripts/vm` boots (--machine) those marked `native` are left out, because they
would prove nothing more there; `both` takes one out of a file that is marked so. Everything without a
mark runs in both places: docs/decisions/0023-tests-of-one-place.md.
"""

import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import pytest

from harness import attacks, census, choice
from harness import daemon as daemons
from harness import inits, sandbox, unit


def pytest_addoption(parser):
    parser.addoption("--machine", action="store_true", help="this is the test machine")
    parser.addoption("--count", type=int, default=0, help="repetitions of the repeated tests")
    parser.addoption("--seed", type=int, default=1, help="seed of what is random in tests")
    parser.addoption("--shard", default="1/1", metavar="K/N",
                     help="only the Kth of N parts of the files, which should take equally long")
    parser.addoption("--write-seconds", metavar="FILE", help="how long each file took, put there")


def pytest_configure(config):
    census.become_subreaper()
    if config.getoption("--machine"):
        config.pluginmanager.register(TellAtOnce(config))
    if config.getoption("--write-seconds"):
        config.pluginmanager.register(choice.Stopwatch(config.getoption("--write-seconds")))


class TellAtOnce:
    """What failed is told when it fails: a machine that is turned off would never come to it."""

    def __init__(self, config):
        self.config = config

    def pytest_runtest_logreport(self, report):
        if report.failed:
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            reporter.write_line(f"\n{report.nodeid} ({report.when}):\n{report.longreprtext}")


def pytest_ignore_collect(collection_path, config):
    # Not even read: in the test machine that alone takes a while.
    number, count = map(int, config.getoption("--shard").split("/"))
    if count == 1 or not choice.is_test_file(collection_path):
        return None
    return True if collection_path.name not in choice.shard(number, count) else None


def pytest_collection_modifyitems(config, items):
    # Left out, not skipped: a skip would be a failure that looks like a pass.
    wanted = [item for item in items
              if choice.runs({mark.name for mark in item.iter_markers()},
                             config.getoption("--machine"), config.getoption("--count"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def pytest_sessionfinish(session, exitstatus):
    # A test that did not run proves nothing.
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and any(reporter.stats.get(kind) for kind in ("skipped", "xfailed")):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def on_machine(request):
    """Whether this is the test machine."""
    return request.config.getoption("--machine")


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
def cgroup_root(on_machine):
    """Where every cgroup of a sandbox is made: on a host that others use too, one of our own."""
    if on_machine:
        yield pathlib.Path("/sys/fs/cgroup")
        return
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = [line.split()[4] for line in file if " - cgroup2 " in line]
    root = pathlib.Path(mounts[0]) / f"bulkhead-tests-{os.getpid()}"
    root.mkdir()
    yield root
    root.rmdir()


@pytest.fixture(scope="session")
def host_census(tmp_path_factory, on_machine, cgroup_root):
    """Where to look for what a sandbox may leave behind."""
    # pytest's own: /tmp/pytest-of-root or --basetemp.
    base = tmp_path_factory.getbasetemp()
    ignored = [base.parent if base.parent.name.startswith("pytest") else base,
               # For whoever verifies the trail, also where no supervisor runs.
               "/run/bulkhead/audit-public.pem"]
    # The first run on a host makes what stays: the register of user ids.
    subprocess.run([sandbox.find_program(), "run", "--allow-unlimited", "--workdir", "/tmp", "true"],
                   check=True, stderr=subprocess.DEVNULL)
    return census.Census(cgroup_root, ignored=ignored, systemd=on_machine)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(host_census):
    """Every test, whatever it tests, leaves the host as it was."""
    # Between two tests nothing happens that would make another count differ from that after the last.
    before = host_census.latest or host_census.take()
    yield
    left = host_census.left_behind(before)
    assert not left, "left behind:\n" + "\n".join(left)


@pytest.fixture
def workdir(tmp_path):
    """A fresh directory for the sandbox to work in."""
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


@pytest.fixture
def bulkhead(workdir, on_machine, cgroup_root):
    """The program under test, run in a fresh directory."""
    options = [] if on_machine else ["--allow-unlimited", "--cgroup-parent", str(cgroup_root)]
    return sandbox.Bulkhead(sandbox.find_program(), workdir, options)


@pytest.fixture
def attack(bulkhead, attack_program):
    """attack(NAME, ARG…): runs an attack in a sandbox and returns the outcome."""

    def run(name, *arguments, options=(), **keywords):
        granted = ["--ro", f"{attack_program}:/attack"]
        return bulkhead.run("/attack", name, *map(str, arguments),
                            options=[*granted, *options], **keywords)

    return run


@pytest.fixture
def outside_tmp(monkeypatch):
    """Projects are not below /tmp: one of their own would hide them. Named before `daemon`."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="projects", dir="/srv"))
    place.chmod(0o755)

    def directory(_, name):
        (place / name).mkdir(exist_ok=True)
        return place / name

    monkeypatch.setattr(daemons.Daemon, "project_directory", directory)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def daemon(tmp_path, cgroup_root, on_machine):
    """A supervisor of this test's own; configured, not yet started."""
    supervisor = daemons.Daemon(tmp_path, cgroup_root, on_machine)
    yield supervisor
    supervisor.end()


@pytest.fixture
def installed(tmp_path):
    """The supervisor that is installed on the test machine; configured, not yet started."""
    supervisor = unit.Installed(tmp_path)
    yield supervisor
    supervisor.end()


@pytest.fixture
def socket_directory():
    """A directory whose name leaves room for that of a socket: unix(7)."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="init", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def init(socket_directory):
    """A supervised init."""
    one = inits.Init(socket_directory)
    yield one
    one.close()


@pytest.fixture
def journal(socket_directory):
    """What init takes for journald."""
    one = inits.Journal(socket_directory)
    yield one
    one.close()


@pytest.fixture
def leaves(socket_directory, cgroup_root):
    """A supervised init in a cgroup of its own, and leaves for its runs."""
    with inits.Leaves(cgroup_root, socket_directory) as scope:
        yield scope


@pytest.fixture
def socket_path(tmp_path):
    return tmp_path / "s"


@pytest.fixture
def client(bulkhead, socket_path):
    """client(ARG…): runs bulkhead against that socket."""
    environment = {"BULKHEAD_SOCKET": str(socket_path), "COLUMNS": None, "NO_COLOR": None}

    def run(*arguments, **keywords):
        return bulkhead(*arguments, env=environment, **keywords)

    run.start = lambda *arguments, **keywords: bulkhead.start(
        *arguments, env=environment, **keywords)
    run.finish = bulkhead.finish
    run.bulkhead = bulkhead
    run.environment = environment
    return run
