"""Limits that are no cgroup's: open files, and sizes of what is kept in memory."""

import pathlib
import re
import subprocess

import pytest

from harness.daemon import eventually

SLEEPER = "main: { command: [/bin/sleep, infinity], limits: %s }"
MEBI = 1 << 20


def configure(daemon, limits, own="{}"):
    # With limits that any host can do, and these.
    every = limits.replace("{", "{ allow_unlimited: true, ", 1)
    path = daemon.project_directory("shop")
    daemon.configure(f"projects:\n  shop:\n    path: {path}\n    limits: {every}\n"
                     f"    services:\n      {SLEEPER % own}\n")


def open_files(daemon):
    pid = daemon.show("shop")["services"][0]["pid"]
    line = re.search(r"^Max open files +(\d+) +(\d+)", pathlib.Path(
        f"/proc/{pid}/limits").read_text(encoding="ascii"), re.M)
    return int(line[1]), int(line[2])


def inside(daemon, *words):
    pid = daemon.show("shop")["services"][0]["pid"]
    return subprocess.run(["nsenter", "-t", str(pid), "-m", *words], capture_output=True, text=True,
                          check=True, stdin=subprocess.DEVNULL).stdout


def size(daemon, path):
    return int(inside(daemon, "df", "-B1", "--output=size", path).split()[-1])


@pytest.mark.usefixtures("outside_tmp")
def test_what_is_kept_in_memory_has_sizes_of_its_own_that_change_live(daemon):
    configure(daemon, "{ tmp: 24M, shm: 12M }")
    daemon.start()
    before = daemon.await_ready("shop")
    assert (size(daemon, "/tmp"), size(daemon, "/dev/shm")) == (24 * MEBI, 12 * MEBI)
    assert inside(daemon, "stat", "-c", "%a %u", "/tmp", "/dev/shm").split("\n")[0].startswith("1777")
    configure(daemon, "{ tmp: 32M, shm: 8M }")
    daemon.cli("config", "apply")
    eventually(lambda: (size(daemon, "/tmp"), size(daemon, "/dev/shm")) == (32 * MEBI, 8 * MEBI),
               "they have other sizes")
    # Less than what is in it: nothing changes, and that is told.
    inside(daemon, "dd", "if=/dev/zero", "of=/tmp/full", "bs=1M", "count=20", "status=none")
    configure(daemon, "{ tmp: 4M, shm: 8M }")
    daemon.cli("config", "apply")
    eventually(lambda: "limits are not yet what they should be" in daemon.reports(), "it is told")
    assert size(daemon, "/tmp") == 32 * MEBI
    assert daemon.show("shop")["services"][0]["pid"] == before["services"][0]["pid"]


def test_open_files_are_limited_from_the_start_and_live(daemon):
    configure(daemon, "{ open_files: 300 }")
    daemon.start()
    before = daemon.await_ready("shop")
    assert open_files(daemon) == (300, 300)
    # More again would take CAP_SYS_RESOURCE, which not every host gives: the machine's tests do that.
    configure(daemon, "{ open_files: 300 }", "{ open_files: 100 }")
    daemon.cli("config", "apply")
    eventually(lambda: open_files(daemon) == (100, 100), "its own holds")
    # Nor does one that takes over loosen it.
    daemon.kill()
    daemon.start()
    assert open_files(daemon) == (100, 100)
    assert daemon.show("shop")["services"][0]["pid"] == before["services"][0]["pid"]


def test_a_class_that_came_with_the_program_is_known(daemon):
    configure(daemon, "{ class: small }")
    daemon.start()
    daemon.await_ready("shop")
    assert open_files(daemon) == (1024, 1024)
    configure(daemon, "{ class: smal }")
    refused = daemon.cli("config", "apply", check=False)
    assert refused.returncode != 0
    assert "there is no quota class 'smal'; did you mean 'small'?" in refused.stderr
