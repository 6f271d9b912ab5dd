"""The cgroup of a run: made by systemd or as a directory, its limits, its end, its errors."""

import contextlib
import pathlib
import re
import signal
import subprocess
import time

import pytest

from test_lifecycle import wait_until_alone


def wait_until(condition, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def start_and_wait_until_up(bulkhead, *options):
    process = bulkhead.start("run", *options, "--", "sh", "-c", "echo up; sleep 600 & sleep 600")
    assert process.stdout.readline() == b"up\n"
    return process


def refused(outcome):
    """The lines of a run that was refused: what is wrong, and what to do about it."""
    assert outcome.status == 125, outcome
    assert outcome.stdout == ""
    return " ".join(outcome.errors)


def unit(name, *properties):
    """Properties of a sandbox's scope, as systemd has them."""
    command = ["systemctl", "show", f"bulkhead-run-{name}.scope"]
    for each in properties:
        command += ["-p", each]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in told.splitlines())


@contextlib.contextmanager
def cgroup(path):
    path.mkdir()
    try:
        yield path
    finally:
        path.rmdir()


@contextlib.contextmanager
def delegated_by_systemd():
    """A cgroup with every controller that systemd leaves to us: it switches off in its own, at any
    time, what it does not need there."""
    name = "bulkhead-tests-parent.service"
    subprocess.run(
        ["systemd-run", "--quiet", f"--unit={name}", "-p", "Delegate=yes", "sleep", "600"],
        check=True)
    path = pathlib.Path("/sys/fs/cgroup/system.slice", name)
    keeper = (path / "cgroup.procs").read_text(encoding="ascii").split()[0]
    # Processes sit in leaves only: cgroups(7).
    (path / "keeper").mkdir()
    (path / "keeper/cgroup.procs").write_text(keeper, encoding="ascii")
    (path / "cgroup.subtree_control").write_text("+cpu +io +memory +pids", encoding="ascii")
    yield path
    subprocess.run(["systemctl", "stop", name], check=True)
    assert wait_until(lambda: not path.exists())


@pytest.fixture
def parent(on_machine, cgroup_root):
    """A cgroup of our own to make sandboxes below, with every controller that is there."""
    with contextlib.ExitStack() as stack:
        above = stack.enter_context(delegated_by_systemd()) if on_machine else cgroup_root
        yield stack.enter_context(cgroup(above / "parent"))


@pytest.fixture
def below(parent, on_machine):
    """The options that have a sandbox made below `parent`."""
    allow = [] if on_machine else ["--allow-unlimited"]
    return [*allow, "--cgroup-parent", str(parent)]


def inner(parent):
    return [path.name for path in parent.iterdir() if path.is_dir()]


@pytest.mark.machine
def test_systemctl_tells_the_truth_about_the_limits(bulkhead):
    process = start_and_wait_until_up(
        bulkhead, "--name", "truth", "--memory", "300M", "--memory-high", "200M", "--cpu", "1.5",
        "--cpu-weight", "50", "--pids", "99")
    told = unit("truth", "ActiveState", "Slice", "Delegate", "CollectMode", "MemoryMax",
                "MemoryHigh", "MemorySwapMax", "CPUQuotaPerSecUSec", "CPUWeight", "TasksMax")
    process.terminate()
    bulkhead.finish(process)
    assert told == {
        "ActiveState": "active", "Slice": "bulkhead.slice", "Delegate": "yes",
        "CollectMode": "inactive-or-failed", "MemoryMax": str(300 << 20),
        "MemoryHigh": str(200 << 20), "MemorySwapMax": "0", "CPUQuotaPerSecUSec": "1.500000s",
        "CPUWeight": "50", "TasksMax": "99",
    }


@pytest.mark.machine
def test_a_share_below_a_hundredth_of_a_processor_is_in_force(bulkhead):
    outcome = bulkhead.run("true", options=["--cpu", "0.01", "--json"])
    assert outcome.status == 0, outcome
    quota, period = map(int, outcome.record["limits"]["cpu.max"].split())
    assert quota * 100 == period


@pytest.mark.machine
def test_the_death_of_bulkhead_ends_the_scope_too(bulkhead):
    process = start_and_wait_until_up(bulkhead, "--name", "dying")
    process.kill()
    process.communicate()
    wait_until_alone()
    assert wait_until(lambda: unit("dying", "LoadState")["LoadState"] == "not-found")
    assert bulkhead.run("true", options=["--name", "dying"]).status == 0


@pytest.mark.machine
def test_without_a_bus_it_is_refused_with_a_way_out(bulkhead):
    subprocess.run(["systemctl", "stop", "dbus.socket", "dbus.service"], check=True)
    try:
        told = refused(bulkhead.run("true"))
    finally:
        subprocess.run(["systemctl", "start", "dbus.socket"], check=True)
    assert "systemd cannot be reached: " in told
    assert "systemctl start dbus.socket" in told
    assert bulkhead.run("true").status == 0


@pytest.mark.machine
def test_a_killed_child_is_told_of_although_the_command_went_on(bulkhead, attack_program):
    outcome = bulkhead.shell(
        "/attack eat_memory 300; echo went on",
        options=["--memory", "64M", "--ro", f"{attack_program}:/attack"])
    assert outcome.status == 0, outcome
    assert outcome.stdout.endswith("went on\n")
    assert re.search(
        r"memory\.max 64M reached at [\d.]+M: attack \((host )?pid \d+\) was killed, "
        r"the command went on", outcome.stderr), outcome


@pytest.mark.machine
def test_refused_forks_are_told_of(bulkhead):
    script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 2 & done; wait"
    outcome = bulkhead.shell(script, options=["--pids", "6"])
    assert re.search(r"pids\.max 6 reached: \d+ forks? w(as|ere) refused", outcome.stderr), outcome


@pytest.mark.machine
def test_a_device_that_cannot_be_limited_is_refused(bulkhead):
    told = refused(bulkhead.run("true", options=["--io", "/dev/shm:rbps=1M"]))
    assert "'/dev/shm': its file system is not on one block device" in told


@pytest.mark.machine
def test_processes_in_the_parent_are_named_as_the_reason(bulkhead, parent, below):
    sleeper = subprocess.Popen(["sleep", "600"])
    (parent / "cgroup.procs").write_text(str(sleeper.pid), encoding="ascii")
    told = refused(bulkhead.run("true", options=below))
    sleeper.kill()
    sleeper.wait()
    assert "no limits can be set below the cgroup '/sys/fs/cgroup/" in told
    assert "processes sit in it" in told
    assert "move them to a cgroup below it" in told
    assert inner(parent) == []


@pytest.mark.machine
def test_a_controller_that_is_not_delegated_is_named(bulkhead, parent):
    with cgroup(parent / "deep") as deep:
        options = ["--cgroup-parent", str(deep)]
        told = refused(bulkhead.run("true", options=options))
        assert "memory.max cannot be enforced: the memory controller is missing: " in told
        assert "it is not delegated to the cgroup '/sys/fs/cgroup/" in told
        assert "Delegate=yes" in told
        outcome = bulkhead.run("true", options=[*options, "--allow-unlimited", "--json"])
        assert outcome.status == 0, outcome
        assert [each["limit"] for each in outcome.record["unenforced"]] == [
            "memory.max", "memory.swap.max", "pids.max", "cpu.max"]


@pytest.mark.machine
def test_a_launch_at_the_smallest_memory_limit_does_not_take_bulkhead_along(bulkhead, below):
    # The child shares bulkhead's memory until it executes: a kill of it would be a kill of both.
    for options in [], below:
        outcome = bulkhead.run("true", options=[*options, "--memory", "1M"])
        assert outcome.status in (0, 137), outcome


@pytest.mark.machine
def test_limits_are_in_force_without_systemd_too(bulkhead, below):
    outcome = bulkhead.run(
        "true", options=[*below, "--memory", "300M", "--io", "/:wbps=5M", "--json"])
    assert outcome.status == 0, outcome
    assert outcome.record["cgroup_driver"] == "cgroupfs"
    limits = outcome.record["limits"]
    assert limits["memory.max"] == str(300 << 20)
    assert limits["memory.swap.max"] == "0"
    assert limits["cpu.max"] == "100000 100000"
    assert limits["pids.max"] == "256"
    assert "wbps=5242880" in limits["io.max"]


def test_a_cgroup_below_a_given_one_is_made_and_removed(bulkhead, parent, below):
    process = start_and_wait_until_up(bulkhead, *below, "--name", "web")
    assert inner(parent) == ["bulkhead-run-web"]
    assert (parent / "bulkhead-run-web/cgroup.procs").read_text(encoding="ascii").split()
    process.terminate()
    bulkhead.finish(process)
    assert inner(parent) == []


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_however_bulkhead_dies_the_cgroup_goes(bulkhead, parent, below, name):
    process = start_and_wait_until_up(bulkhead, *below)
    assert len(inner(parent)) == 1
    process.send_signal(signal.Signals[name])
    process.communicate()
    assert wait_until(lambda: inner(parent) == [])
    wait_until_alone()


def test_a_dead_cgroup_of_the_same_name_is_no_hindrance(bulkhead, parent, below):
    (parent / "bulkhead-run-web").mkdir()
    outcome = bulkhead("run", *below, "--name", "web", "--", "true")
    assert outcome.status == 0, outcome
    assert inner(parent) == []


def test_a_parent_must_be_a_cgroup_without_links_in_its_path(bulkhead, parent, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(parent)
    for path, reason in [(tmp_path, "is not on a cgroup2 file system"),
                         (link, "a symbolic link is in the way"),
                         (parent / "gone", "no such file or directory")]:
        told = refused(bulkhead("run", "--cgroup-parent", str(path), "--", "true"))
        assert "--cgroup-parent '/" in told
        assert reason in told


def test_a_host_without_controllers_says_who_holds_them(bulkhead, on_machine):
    if on_machine:
        assert pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
        return
    told = refused(bulkhead("run", "--", "true"))
    assert "memory.max cannot be enforced: the memory controller is missing: " in told
    assert "--allow-unlimited" in told
