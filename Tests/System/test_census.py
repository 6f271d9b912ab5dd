"""A census that cannot count proves nothing, so each kind of leak is made once and found."""

import os
import subprocess
import time

import pytest


def found(host_census, before, words):
    """Whether the census names something with all of these words in it."""
    return [thing for thing in host_census.take() - before if all(word in thing for word in words)]


def test_it_finds_a_process_and_its_namespaces(host_census):
    before = host_census.take()
    sleeper = subprocess.Popen(["unshare", "--net", "--ipc", "sleep", "600"])
    try:
        for _ in range(100):
            if found(host_census, before, ["namespace net:"]):
                break
            time.sleep(0.1)
        assert found(host_census, before, ["process", "sleep"])
        assert found(host_census, before, ["namespace net:"])
        assert found(host_census, before, ["namespace ipc:"])
    finally:
        sleeper.kill()
        sleeper.wait()
    assert host_census.left_behind(before) == []


def test_it_finds_an_orphan_that_has_left_its_session(host_census):
    before = host_census.take()
    subprocess.run(["setsid", "--fork", "sleep", "600"], check=True)
    for _ in range(100):
        orphans = found(host_census, before, ["process", "sleep"])
        if orphans:
            break
        time.sleep(0.05)
    assert len(orphans) == 1
    pid = int(orphans[0].split()[1])
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def test_it_finds_a_zombie(host_census):
    before = host_census.take()
    child = os.fork()
    if child == 0:
        os._exit(0)
    for _ in range(100):
        if found(host_census, before, ["zombie"]):
            break
        time.sleep(0.01)
    assert found(host_census, before, ["zombie", str(child)])
    os.waitpid(child, 0)


def test_it_finds_a_file_and_a_mount(host_census):
    before = host_census.take()
    directory = "/var/tmp/left-behind"
    os.mkdir(directory)
    try:
        assert found(host_census, before, ["file", directory])
        subprocess.run(["mount", "-t", "tmpfs", "left", directory], check=True)
        assert found(host_census, before, ["mount", directory])
        subprocess.run(["umount", directory], check=True)
    finally:
        os.rmdir(directory)


def test_it_finds_a_descriptor(host_census):
    before = host_census.take()
    with open("/proc/self/ns/net", "rb"):
        assert found(host_census, before, ["descriptor", "net"])


def test_it_finds_system_v_shared_memory(host_census):
    before = host_census.take()
    made = subprocess.run(["ipcmk", "--shmem", "4096"], check=True, stdout=subprocess.PIPE)
    assert found(host_census, before, ["System V shm"])
    subprocess.run(["ipcrm", "--shmem-id", made.stdout.split()[-1]], check=True)


def test_it_finds_an_interface(host_census):
    before = host_census.take()
    subprocess.run(["ip", "link", "add", "left0", "type", "veth", "peer", "left1"], check=True)
    try:
        assert found(host_census, before, ["interface left0"])
    finally:
        subprocess.run(["ip", "link", "delete", "left0"], check=True)


@pytest.mark.machine
def test_it_finds_a_cgroup(host_census):
    before = host_census.take()
    os.mkdir("/sys/fs/cgroup/bulkhead-left")
    try:
        assert found(host_census, before, ["cgroup", "bulkhead-left"])
    finally:
        os.rmdir("/sys/fs/cgroup/bulkhead-left")


@pytest.mark.machine
def test_it_finds_a_loop_device(host_census, tmp_path):
    before = host_census.take()
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    device = subprocess.run(["losetup", "--find", "--show", image], check=True,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    try:
        assert found(host_census, before, ["loop device", os.path.basename(device)])
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


@pytest.mark.machine
def test_it_finds_a_unit(host_census):
    before = host_census.take()
    subprocess.run(["systemd-run", "--quiet", "--unit", "bulkhead-left", "sleep", "600"],
                   check=True)
    try:
        assert found(host_census, before, ["unit bulkhead-left.service"])
    finally:
        subprocess.run(["systemctl", "stop", "bulkhead-left.service"], check=True)
