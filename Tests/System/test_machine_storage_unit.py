"""Volumes under bulkhead.service: its devices, its mount namespace, its end."""

import shutil

import pytest

from harness import storage, unit
from harness.storage import MIB, inside

pytestmark = pytest.mark.machine


@pytest.fixture
def shop(installed):
    """The installed supervisor with a project in an image, and what it leaves behind taken away."""
    def configure(form="volume", disk="24M"):
        installed.configure(
            "projects:\n" + storage.entry(installed, "shop", f"storage: {form}",
                                          "volume_kind: image", limits=f"disk: {disk}"))
    installed.set_storage = configure
    configure()
    installed.start()
    installed.await_ready("shop")
    yield installed
    installed.cli("stop", "shop")
    storage.await_down(installed)
    shutil.rmtree(installed.state / "volumes")
    (installed.run / "volumes").rmdir()


def test_an_image_is_made_mounted_and_kept_through_every_end_of_the_unit(shop):
    assert unit.properties(unit.UNIT, "DevicePolicy") == {"DevicePolicy": "closed"}
    inside(shop, "shop", "echo kept > kept")
    # For the machine, not for the unit's namespace alone.
    point = storage.mount_point(shop)
    assert len(storage.mounted(point)) == 1
    for exchange in (lambda: unit.command("systemctl", "restart", unit.UNIT), shop.kill):
        exchange()
        shop.await_ready("shop")
        assert len(storage.mounted(point)) == 1
        assert len(storage.loops_of(storage.home(shop))) == 1
        assert inside(shop, "shop", "cat kept").stdout == "kept\n"
    total, error = storage.fill(shop, "shop", "one file")
    assert error in ("EDQUOT", "ENOSPC") and abs(total - 24 * MIB) < 24 * MIB * 0.02
    shop.cli("quota", "set", "shop", "--disk", "40M")
    inside(shop, "shop", "head -c 12M /dev/zero > more")
    assert storage.kernel_quota(point).hard_kib == 40 << 10
    shop.cli("snapshot", "create", "shop", "one")
    shop.cli("stop", "shop")
    storage.await_down(shop)
    shop.cli("snapshot", "restore", "shop", "one")
    shop.cli("start", "shop")
    assert inside(shop, "shop", "cat kept").stdout == "kept\n"
    listed = shop.cli("storage", "shop").stdout
    assert "image" in listed and str(point) in listed


def test_an_overlay_is_committed_under_the_unit(shop):
    shop.cli("stop", "shop")
    shop.set_storage("overlay")
    shop.cli("config", "apply")
    shop.cli("start", "shop")
    inside(shop, "shop", "echo new > new")
    shop.cli("stop", "shop")
    assert shop.cli("diff", "shop").stdout == "A new\n"
    shop.cli("commit", "shop")
    assert (shop.project_directory("shop") / "new").read_text() == "new\n"
    shop.cli("start", "shop")
