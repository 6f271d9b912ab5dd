"""Volumes that any host can make: images, memory, directories."""

import os
import pathlib
import signal

import pytest

from harness import storage
from harness.daemon import eventually
from harness.storage import MIB, configure, entry, inside

IMAGE = ("volume_kind: image",)
# Memory is memory anywhere; an image is on the disk of the machine.
KINDS = ["image", pytest.param("tmpfs", marks=pytest.mark.native)]
FORMS = ["volume", "overlay"]


def shop(daemon, form="volume", kind="image", disk="24M", limits="", **keywords):
    limits = ", ".join(part for part in (f"disk: {disk}" if disk else "", limits) if part)
    return entry(daemon, "shop", f"storage: {form}", f"volume_kind: {kind}", limits=limits,
                 **keywords)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [*KINDS, "directory"])
def test_what_a_project_writes_goes_to_its_volume_and_belongs_to_its_owner(daemon, form, kind):
    own = daemon.project_directory("shop")
    (own / "given").write_text("below")
    configure(daemon, shop(daemon, form, kind, disk="" if kind == "directory" else "24M"))
    os.chown(own, 1234, 1234)
    os.chown(own / "given", 1234, 1234)
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "shop", "echo made > made; mkdir d; echo two > d/two")
    if form == "overlay":
        assert inside(daemon, "shop", "cat given && echo changed > given && cat given").stdout \
            == "belowchanged\n"
    assert inside(daemon, "shop", "stat -c %u:%g . made").stdout.split() == [
        inside(daemon, "shop", "id -u; id -g").stdout.replace("\n", ":").strip(":")] * 2
    # Nothing of it is in the project's own directory.
    assert sorted(os.listdir(own)) == ["given"]
    assert (own / "given").read_text() == "below"
    root = storage.home(daemon) / "data" if kind == "directory" else storage.mount_point(daemon)
    written = root / ("upper" if form == "overlay" else "files")
    assert (written / "d" / "two").read_text() == "two\n"
    if kind != "tmpfs":
        # What is in memory is the sandbox's, and ends with it.
        assert (written / "made").stat().st_uid == 1234
    assert storage.home(daemon).stat().st_mode & 0o777 == 0o700
    assert kind == "directory" or \
        storage.mount_point(daemon).parent.stat().st_mode & 0o777 == 0o700
    daemon.cli("stop", "shop")
    storage.await_down(daemon)
    daemon.cli("start", "shop")
    there = inside(daemon, "shop", "cat made || echo gone").stdout
    assert there == ("gone\n" if kind == "tmpfs" else "made\n")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_volume_refuses_and_holds_what_its_limit_says(daemon, form, kind):
    limit = 24 * MIB
    configure(daemon, shop(daemon, form, kind))
    daemon.start()
    daemon.await_ready("shop")
    for how, (total, error) in storage.fill_all(daemon, "shop", storage.FILL).items():
        assert not storage.is_full(form, how, error) \
            or limit * 0.98 <= total <= limit * 1.02, (how, total, limit)


def test_a_volume_stays_with_its_sandbox_when_the_supervisor_is_killed(daemon):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "shop", "echo kept > kept")
    daemon.kill(signal.SIGKILL)
    assert storage.mounted(storage.mount_point(daemon))
    daemon.start()
    daemon.await_ready("shop")
    assert len(storage.mounted(storage.mount_point(daemon))) == 1
    assert inside(daemon, "shop", "cat kept").stdout == "kept\n"
    daemon.cli("stop", "shop")
    storage.await_down(daemon)


def test_a_volume_is_taken_down_where_its_sandbox_ended_without_a_supervisor(daemon):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    processes = daemon.call("Processes", {"project": "shop"})["processes"]
    first = [each["pid"] for each in processes if each["pid_inside"] == 1]
    daemon.kill(signal.SIGKILL)
    os.kill(first[0], signal.SIGKILL)
    daemon.configure("projects:\n")
    daemon.start()
    storage.await_down(daemon)


def test_a_fault_at_any_step_of_a_volume_leaves_nothing_up(daemon, host_census):
    configure(daemon, shop(daemon))
    said = []
    for number in range(100):
        daemon.start({"BULKHEAD_VOLUME_FAULT": str(number)})
        if number:
            daemon.cli("start", "shop", "--no-wait", check=False)
        shown = eventually(lambda: (p := daemon.show("shop")) and
                           (p["phase"] == "failed" or p["ready"]) and p, "it failed or is ready")
        if shown["phase"] != "failed":
            break
        said.append(shown["reason"])
        assert "told to fail" in shown["reason"]
        storage.await_down(daemon)
        daemon.kill(signal.SIGTERM)
    assert len(said) >= 7, said
    inside(daemon, "shop", "echo fine > fine")
    assert [each.name for each in storage.home(daemon).glob("volume.img*")] == ["volume.img"]


def test_a_supervisor_killed_while_a_volume_is_made_makes_it_whole_later(daemon):
    configure(daemon, shop(daemon, disk="200M"))
    for _ in range(4):
        daemon.start()
        eventually(lambda: storage.helpers(daemon) or daemon.show("shop")["ready"], "it begins")
        daemon.kill(signal.SIGKILL)
    daemon.start()
    daemon.await_ready("shop")
    eventually(lambda: not storage.helpers(daemon), "no helper is left")
    assert inside(daemon, "shop", "df -B1M --output=avail . | tail -1").stdout.strip() in (
        "199", "200", "201")
    assert len(storage.mounted(storage.mount_point(daemon))) == 1


def test_a_volume_that_is_gone_is_not_made_anew(daemon):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    daemon.cli("stop", "shop")
    storage.await_down(daemon)
    (storage.home(daemon) / "volume.img").unlink()
    daemon.cli("start", "shop", check=False)
    assert "is not there" in storage.reason(daemon) and "is gone" in storage.reason(daemon)
    assert not (storage.home(daemon) / "volume.img").exists()


@pytest.mark.parametrize("damage", ["superblock", "everything", "cut off"])
def test_a_torn_image_is_moved_aside_and_named(daemon, damage):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "shop", "seq 100000 > numbers; sync")
    daemon.cli("stop", "shop")
    storage.await_down(daemon)
    image = storage.home(daemon) / "volume.img"
    size = image.stat().st_size
    with open(image, "r+b") as file:
        if damage == "superblock":
            file.seek(1024)
            file.write(b"\0" * 1024)
        elif damage == "everything":
            # Groups and inodes, and not where it says what it is.
            file.seek(4096)
            file.write(os.urandom(4 * MIB))
        else:
            file.truncate(size // 2)
    daemon.cli("start", "shop", check=False)
    told = storage.reason(daemon)
    kept = [each for each in storage.home(daemon).iterdir() if each.name.startswith("quarantine-")]
    assert len(kept) == 1 and kept[0].name in told, (told, kept)
    assert not image.exists()
    listed = daemon.call("StorageShow", {"project": "shop"})["volumes"]
    assert [each["quarantined"] for each in listed] == [[str(kept[0])]]
    assert f"damaged, and kept: {kept[0]}" in daemon.cli("storage").stdout
    # And it stays like this: nothing is made in its place.
    daemon.cli("start", "shop", check=False)
    eventually(lambda: "is gone" in storage.reason(daemon), "it says what became of it")
    assert kept[0].name in storage.reason(daemon)
    assert not image.exists()
    # Until that is wanted: what was damaged is kept even then.
    daemon.configure("projects:\n")
    daemon.cli("config", "apply")
    eventually(lambda: not daemon.call("List")["projects"], "it is gone")
    daemon.cli("remove", "--with-storage", "shop")
    eventually(lambda: daemon.call("StorageShow")["volumes"][0]["kind"] == "", "it is deleted")
    assert kept[0].exists()
    configure(daemon, shop(daemon))
    daemon.cli("config", "apply")
    daemon.await_ready("shop")
    assert inside(daemon, "shop", "ls").stdout == ""


@pytest.mark.parametrize("damage", ["gone", "superblock"])
def test_what_becomes_of_an_image_in_use_is_told_and_its_sandbox_goes_on(daemon, damage):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "shop", "echo kept > kept; sync")
    daemon.kill()
    image = storage.home(daemon) / "volume.img"
    if damage == "gone":
        image.rename(image.with_name("elsewhere"))
    else:
        with open(image, "r+b") as file:
            file.seek(1024)
            file.write(b"\0" * 1024)
    daemon.start()
    daemon.await_ready("shop")
    said = "is gone" if damage == "gone" else "was damaged while it is in use"
    eventually(lambda: said in daemon.reports(), "it is told")
    assert inside(daemon, "shop", "cat kept").stdout == "kept\n"
    assert not list(storage.home(daemon).glob("quarantine-*"))
    daemon.cli("stop", "shop")
    storage.await_down(daemon)
    daemon.cli("start", "shop", check=False)
    if damage == "gone":
        assert "is gone" in storage.reason(daemon)
        image.with_name("elsewhere").rename(image)
        daemon.cli("start", "shop")
    else:
        # The kernel has written what it knows when it let go of it, or it is moved aside.
        shown = eventually(lambda: (p := daemon.show("shop")) and
                           (p["phase"] == "failed" or p["ready"]) and p, "it failed or is ready")
        if shown["phase"] == "failed":
            assert "was damaged beyond repair" in shown["reason"]
            return
    assert inside(daemon, "shop", "cat kept").stdout == "kept\n"


def test_an_unclean_image_is_mended(daemon):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "shop", "echo kept > kept; sync")
    # As it would be after a power cut: taken while it is in use.
    image = storage.home(daemon) / "volume.img"
    copy = image.with_name("copy")
    copy.write_bytes(image.read_bytes())
    daemon.cli("stop", "shop")
    storage.await_down(daemon)
    copy.rename(image)
    daemon.cli("start", "shop")
    assert inside(daemon, "shop", "cat kept").stdout == "kept\n"


def test_a_limit_that_cannot_be_enforced_is_refused_with_what_can(daemon, on_machine):
    configure(daemon, entry(daemon, "shop", limits="disk: 10M"),
              entry(daemon, "plain", "storage: volume", "volume_kind: directory",
                    limits="disk: 10M"),
              entry(daemon, "endless", "storage: overlay", "volume_kind: image"))
    daemon.start()
    direct = storage.reason(daemon)
    assert "limits.disk of shop cannot be enforced: its directory is on " in direct
    assert "what can: storage: overlay or volume (" in direct and "image, tmpfs)" in direct, direct
    assert "a plain directory" in storage.reason(daemon, "plain")
    assert "needs limits.disk" in storage.reason(daemon, "endless")
    assert not (storage.home(daemon) / "data").exists()


def test_a_volume_keeps_its_kind_and_another_is_refused(daemon):
    configure(daemon, shop(daemon))
    daemon.start()
    daemon.await_ready("shop")
    configure(daemon, shop(daemon, kind="tmpfs"))
    daemon.cli("config", "apply")
    daemon.cli("restart", "shop", check=False)
    assert "is of kind image, and tmpfs is asked for" in storage.reason(daemon)
    assert (storage.home(daemon) / "volume.img").exists()


def test_memory_can_be_given_more_and_not_less_than_is_used(daemon):
    configure(daemon, shop(daemon, kind="tmpfs"))
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "shop", "head -c 20M /dev/zero > big")
    configure(daemon, shop(daemon, kind="tmpfs", disk="40M"))
    daemon.cli("config", "apply")
    eventually(lambda: inside(daemon, "shop", "df -B1M --output=size . | tail -1")
               .stdout.strip() == "40", "it has grown")
    configure(daemon, shop(daemon, kind="tmpfs", disk="10M"))
    daemon.cli("config", "apply")
    events = eventually(lambda: [each for each in daemon.reports().splitlines()
                                 if "are in use" in each], "it is refused")
    assert "big" not in events[0] and "files" in events[0], events
    assert inside(daemon, "shop", "df -B1M --output=size . | tail -1").stdout.strip() == "40"


# Growing a file system takes CAP_SYS_RESOURCE, which root does not have everywhere.
@pytest.mark.parametrize("kind", [pytest.param("image", marks=pytest.mark.machine), "tmpfs"])
def test_a_quota_of_the_disk_is_in_force_when_it_is_answered(daemon, kind):
    configure(daemon, shop(daemon, kind=kind))
    daemon.start()
    daemon.await_ready("shop")

    def size():
        return int(inside(daemon, "shop", "df -B1M --output=size . | tail -1").stdout)
    before = size()
    steps = daemon.call("QuotaSet", {"changes": [
        {"project": "shop", "name": "disk", "value": "64M"}]})["steps"]
    assert [step["how"] for step in steps] == ["grows"]
    assert size() >= before + 39
    told = storage.quota_of(daemon, "shop", "disk")
    assert told["source"] == "set" and told.get("alarm") is None, told
    assert told["in_use"] < MIB
    inside(daemon, "shop", "mkdir d; head -c 30M /dev/zero > d/large; head -c 2M /dev/zero > b")
    at_most = ["quota", "set", "shop", "--disk", "16M"]
    planned = daemon.cli(*at_most, "--plan", check=False)
    assert planned.returncode == 1 and "in use" in planned.stderr
    refused = daemon.cli(*at_most, check=False)
    assert refused.returncode == 1 and "32" in refused.stderr and "in use" in refused.stderr
    assert "most is in 'd' (30M), '.' (2" in refused.stderr, refused.stderr
    assert size() >= before + 39
    assert storage.quota_of(daemon, "shop", "disk")["configured"] == told["configured"]
    if kind == "tmpfs":
        inside(daemon, "shop", "rm -r d")
        daemon.cli(*at_most)
        assert size() == 16
    # While it is down as well: it comes up with that.
    daemon.cli("stop", "shop")
    daemon.cli("quota", "set", "shop", "--disk", "80M")
    daemon.cli("start", "shop")
    assert size() >= before + 55


@pytest.mark.usefixtures("outside_tmp")
def test_a_tmp_of_its_own_is_made_larger_and_smaller_while_it_is_used(daemon):
    configure(daemon, entry(daemon, "shop", limits="tmp: 8M"), entry(daemon, "next"))
    daemon.start()
    for name in ("shop", "next"):
        daemon.await_ready(name)
    size = "df -B1M --output=size /tmp | tail -1"
    daemon.cli("quota", "set", "shop", "--tmp", "16M")
    assert inside(daemon, "shop", size).stdout.strip() == "16"
    inside(daemon, "shop", "head -c 12M /dev/zero > /tmp/large")
    refused = daemon.cli("quota", "set", "shop", "--tmp", "4M", check=False)
    assert refused.returncode == 1 and "/tmp cannot be made 4M: 12M are in use" in refused.stderr
    assert inside(daemon, "shop", size).stdout.strip() == "16"
    inside(daemon, "shop", "rm /tmp/large")
    daemon.cli("quota", "set", "shop", "--tmp", "4M")
    assert inside(daemon, "shop", size).stdout.strip() == "4"
    refused = daemon.cli("quota", "set", "next", "--tmp", "4M", check=False)
    assert refused.returncode == 1 and "when the project starts" in refused.stderr


def test_what_is_stored_stays_when_a_project_is_removed_unless_it_is_told_to_go(daemon):
    own = daemon.project_directory("shop")
    def register(text="projects:\n"):
        daemon.configure(text)
        daemon.configure("projects:\n" + shop(daemon), "projects.d/shop.yaml")
        daemon.cli("config", "apply")
        daemon.await_ready("shop")
    daemon.configure("projects:\n")
    daemon.start()
    register()
    inside(daemon, "shop", "echo kept > kept")
    daemon.call("Remove", {"project": "shop"})
    storage.await_down(daemon)
    eventually(lambda: not daemon.call("List")["projects"], "it is gone")
    register()
    assert inside(daemon, "shop", "cat kept").stdout == "kept\n"
    daemon.call("Remove", {"project": "shop", "storage": True})
    image = storage.home(daemon) / "volume.img"
    eventually(lambda: not image.exists(), "its image is deleted")
    storage.await_down(daemon)
    eventually(lambda: not daemon.call("List")["projects"], "it is gone")
    assert own.is_dir()
    register()
    assert inside(daemon, "shop", "ls").stdout == ""
