"""Volumes on file systems with and without project quota, under a real kernel."""

import os
import subprocess

import pytest

from harness import storage
from harness.daemon import Refused, eventually
from harness.storage import MIB, configure, entry, home, inside, mount_point

pytestmark = pytest.mark.machine

MAKE = {"ext4": ["mkfs.ext4", "-q", "-F", "-O", "project,quota", "-E", "quotatype=prjquota"],
        "xfs": ["mkfs.xfs", "-q", "-f"],
        "plain ext4": ["mkfs.ext4", "-q", "-F"]}
COUNTED = ["ext4", "xfs"]
FORMS = ["direct", "overlay", "volume"]
# Each disk and each form once; all of them with --count: scripts/soak --disk.
ALWAYS = {("ext4", "direct"), ("ext4", "volume"), ("xfs", "overlay"), ("plain ext4", "volume")}
EVERYWHERE = [
    pair if pair in ALWAYS else pytest.param(*pair, marks=pytest.mark.soak)
    for pair in [*((disk, form) for disk in COUNTED for form in FORMS),
                 ("plain ext4", "overlay"), ("plain ext4", "volume")]]
LIMIT = 24 * MIB
# Of bytes and of files, for a full project.
TOLERANCE = 0.02
# What file systems write down beside the files, in journals and trees.
BOOKKEEPING = 6 * MIB

# Whether the owner of a file may let it count for nobody: ioctl_xfs_fssetxattr(2).
ESCAPE = """
import array, fcntl, os
file = os.open("mine", os.O_CREAT | os.O_RDWR, 0o600)
words = array.array("I", [0] * 7)
fcntl.ioctl(file, 0x801c581f, words)
assert words[3] != 0, "it counts for nobody"
words[3] = 0
try:
    fcntl.ioctl(file, 0x401c5820, words)
    print("escaped")
except OSError as error:
    print("refused")
os.unlink("mine")
"""


@pytest.fixture
def disk(request, daemon):
    """The state directory and the projects on a disk of their own."""
    image = daemon.directory / "disk.img"
    with open(image, "wb") as file:
        file.truncate(request.config.getoption("--count") and 12 << 30 or 512 * MIB)
    subprocess.run([*MAKE[request.param], str(image)], check=True)
    place = daemon.directory / "disk"
    place.mkdir()
    options = "loop,prjquota" if request.param in COUNTED else "loop"
    subprocess.run(["mount", "-o", options, str(image), str(place)], check=True)
    daemon.state = place / "state"
    for name in ("shop", "next"):
        (place / name).mkdir()
    yield place
    daemon.end()
    daemon.process = None
    eventually(lambda: subprocess.run(["umount", str(place)], check=False).returncode == 0,
               "nobody uses the disk")


def free(path):
    os.sync()
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def counted_root(daemon, disk, form, project="shop"):
    """The directory whose project id the files of the project count for."""
    if form == "direct":
        return disk / project
    image = mount_point(daemon, project)
    return image if image.exists() else home(daemon, project) / "data"


def start(daemon, disk, form, limits, *lines):
    configure(daemon, *(
        entry(daemon, name, f"storage: {form}", *lines, limits=limits, path=disk / name)
        for name in ("shop", "next")))
    daemon.start()
    for name in ("shop", "next"):
        daemon.await_ready(name)


@pytest.mark.parametrize("disk, form", EVERYWHERE, indirect=["disk"])
def test_a_full_project_has_its_limit_and_others_do_not_notice(daemon, disk, form, repetitions,
                                                               request):
    files = repetitions(2_000)
    # Names have to fit as well.
    limit = max(LIMIT, files * 200)
    start(daemon, disk, form, f"disk: {limit}, inodes: {files}")
    before = free(disk)
    assert daemon.cli("exec", "shop", "--", "python3", "-c", ESCAPE).stdout == "refused\n"
    found = storage.fill_all(daemon, "shop", storage.FILL, seconds=3600)
    for how, (total, error) in found.items():
        assert not storage.is_full(form, how, error) \
            or abs(total - limit) <= TOLERANCE * limit, (how, total, limit, found)
    made, error = storage.fill_all(
        daemon, "shop", {"small files": storage.FILL_INODES}, seconds=3600)["small files"]
    assert error in ("EDQUOT", "ENOSPC")
    assert abs(made - files) <= max(TOLERANCE * files, 64), (made, files)
    print("filled:", request.node.name, found, made)

    # And once more, to see who notices.
    total, _ = storage.fill(daemon, "shop", "one file")
    assert before - free(disk) <= limit * (1 + TOLERANCE) + BOOKKEEPING
    inside(daemon, "next", "head -c 8M /dev/zero > mine && sync && rm mine")
    counted = storage.kernel_quota(counted_root(daemon, disk, form))
    told = {name: storage.quota_of(daemon, "shop", name) for name in ("disk", "inodes")}
    assert told["disk"]["in_use"] == counted.bytes >= total
    assert told["disk"]["in_force"] == told["disk"]["configured"]
    assert counted.hard_kib * 1024 == limit and counted.inodes_hard == files
    assert told["inodes"]["in_use"] == counted.inodes
    assert int(told["inodes"]["in_force"]) == files
    assert not any(each.get("alarm") for each in told.values()), told

    outcome = daemon.cli("rescue", "shop", "--", "sh", "-euc",
                         "echo more > more; rm one; cat more; rm more")
    assert outcome.stdout == "more\n" and "one" in outcome.stderr
    inside(daemon, "shop", "head -c 8M /dev/zero > again && rm again && sync")
    counted = storage.kernel_quota(counted_root(daemon, disk, form))
    assert counted.hard_kib * 1024 == limit and counted.bytes < limit / 2
    eventually(lambda: abs(free(disk) - before) <= BOOKKEEPING, "the room is free again")


@pytest.mark.parametrize("disk", ["plain ext4"], indirect=True)
def test_what_cannot_be_counted_is_refused_with_what_can(daemon, disk):
    configure(daemon, entry(daemon, "shop", "storage: direct", limits="disk: 24M",
                            path=disk / "shop"))
    daemon.start()
    told = storage.reason(daemon)
    assert "limits.disk of shop cannot be enforced: its directory is on ext4" in told
    assert "what can: storage: overlay or volume (image, tmpfs)" in told, told


@pytest.mark.parametrize("disk, form", [("ext4", "direct"), ("xfs", "volume")], indirect=["disk"])
def test_a_quota_of_the_disk_is_set_online_and_less_than_used_is_refused(daemon, disk, form):
    start(daemon, disk, form, "disk: 24M, inodes: 500")
    inside(daemon, "shop", "mkdir cache; head -c 12M /dev/zero > cache/large; "
                           "head -c 2M /dev/zero > small")
    root = counted_root(daemon, disk, form)
    daemon.cli("quota", "set", "shop", "--disk", "64M", "--inodes", "900")
    counted = storage.kernel_quota(root)
    assert (counted.hard_kib, counted.inodes_hard) == (64 << 10, 900)
    inside(daemon, "shop", "head -c 30M /dev/zero > more")
    refused = daemon.cli("quota", "set", "shop", "--disk", "20M", "--memory", "300M", check=False)
    assert refused.returncode == 1
    assert "disk 20M: 44M are in use" in refused.stderr, refused.stderr
    assert "most is in '.' (32M), 'cache' (12M)" in refused.stderr, refused.stderr
    assert storage.kernel_quota(root).hard_kib == 64 << 10
    inside(daemon, "shop", "rm more")
    daemon.cli("quota", "set", "shop", "--disk", "20M")
    assert storage.kernel_quota(root).hard_kib == 20 << 10
    daemon.kill()
    daemon.start()
    daemon.await_ready("shop")
    assert storage.kernel_quota(root).hard_kib == 20 << 10
    daemon.cli("quota", "reset", "shop")
    assert storage.kernel_quota(root).hard_kib == 24 << 10


def test_an_image_grows_while_it_is_used_and_shrinks_to_what_is_free(daemon):
    configure(daemon, entry(daemon, "shop", "storage: volume", "volume_kind: image",
                            limits="disk: 24M"))
    daemon.start()
    daemon.await_ready("shop")
    root = mount_point(daemon)
    total, _ = storage.fill(daemon, "shop", "one file")
    assert total <= LIMIT * 1.02
    daemon.cli("quota", "set", "shop", "--disk", "64M")
    assert storage.kernel_quota(root).hard_kib == 64 << 10
    inside(daemon, "shop", "head -c 30M /dev/zero > more")
    with pytest.raises(Refused) as refused:
        daemon.call("QuotaSet", {"changes": [
            {"project": "shop", "name": "disk", "value": "10M"}]})
    assert refused.value.name == "QuotaRefused"
    assert storage.kernel_quota(root).hard_kib == 64 << 10
    inside(daemon, "shop", "rm -f one more; sync")
    daemon.cli("quota", "set", "shop", "--disk", "10M")
    assert storage.kernel_quota(root).hard_kib == 10 << 10
