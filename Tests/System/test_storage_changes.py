"""What a project changed above its directory: shown, carried over, forgotten; snapshots; rescue."""

import itertools
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness.daemon import Refused, eventually

MIB = 1 << 20
KINDS = {"directory": "storage: overlay\nvolume_kind: directory",
         "image": "storage: overlay\nvolume_kind: image"}


# With the supervisor its helpers give up as well.
VICTIMS = [pytest.param("helper", marks=pytest.mark.native), "supervisor"]


def configure(daemon, extra, disk=""):
    """One project, shop, with its storage."""
    path = daemon.project_directory("shop")
    allowed = "" if daemon.on_machine else "allow_unlimited: true"
    limits = ", ".join(part for part in (allowed, disk) if part)
    text = f"projects:\n  shop:\n    path: {path}\n    limits: {{ {limits} }}\n"
    daemon.configure(text + "".join(f"    {line}\n" for line in extra.splitlines()))
    return path


def inside(daemon, script, check=True):
    return daemon.cli("exec", "shop", "--", "/bin/sh", "-euc", script, check=check)


def begin(daemon, kind, below, disk="disk: 64M"):
    path = configure(daemon, KINDS[kind], disk if kind == "image" else "")
    subprocess.run(["/bin/sh", "-euc", below], cwd=path, check=True)
    # What is changed in the same tick of the clock cannot be told apart.
    time.sleep(0.05)
    daemon.start()
    daemon.await_ready("shop")
    return path


def stop(daemon):
    daemon.cli("stop", "shop")


def differences(daemon):
    lines = daemon.cli("diff", "shop").stdout.splitlines()
    return sorted(lines)


def tree(path):
    """Everything in a directory, with what must not get lost."""
    found = {}
    for directory, names, files in os.walk(path):
        for name in names + files:
            each = pathlib.Path(directory, name)
            status = each.lstat()
            what = [oct(status.st_mode), status.st_uid, status.st_gid]
            if each.is_symlink():
                what.append(os.readlink(each))
            elif each.is_file():
                what += [each.read_bytes(), status.st_mtime_ns]
            found[str(each.relative_to(path))] = what
    return found


def helpers(daemon):
    """Programs of this daemon that work on storage."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"bulkhead-storage" and str(daemon.state).encode() in words:
            found.append(int(entry.name))
    return found


BELOW = """
echo a > changed; echo b > removed; echo c > mode; echo d > replaced; ln -s x link
mkdir -p kept gone/sub emptied; echo e > gone/sub/file; echo f > emptied/file
"""
INSIDE = """
echo more >> changed; rm removed; chmod 600 mode; rm replaced; mkdir replaced; echo r > replaced/r
echo new > added; touch -d '2001-02-03 04:05:06' added; rm -r gone; rm link; ln -s y link
rm -r emptied; mkdir emptied; echo z > emptied/other
"""
CHANGES = sorted([
    "A added", "M changed", "A emptied/other", "D emptied/file", "D gone/", "M link", "P mode",
    "D removed", "R replaced/", "A replaced/r"])


@pytest.mark.parametrize("kind", KINDS)
def test_changes_are_shown_committed_and_gone_from_the_difference(daemon, kind):
    path = begin(daemon, kind, BELOW)
    before = tree(path)
    inside(daemon, INSIDE)
    assert differences(daemon) == CHANGES
    assert tree(path) == before
    outcome = daemon.cli("commit", "shop", check=False)
    assert outcome.returncode == 1
    assert "shop is active, and its overlay must not be changed" in outcome.stderr
    stop(daemon)
    assert differences(daemon) == CHANGES
    reply = json.loads(daemon.cli("commit", "--json", "shop").stdout)
    assert reply["skipped"] == 0 and reply["committed"] == 10
    after = tree(path)
    assert after["changed"][3] == b"a\nmore\n" and after["mode"][0] == "0o100600"
    assert after["added"][4] == 981173106 * 10**9 and after["link"][3] == "y"
    assert sorted(after) == sorted([
        "added", "changed", "emptied", "emptied/other", "kept", "link", "mode", "replaced",
        "replaced/r"])
    owner = path.stat().st_uid
    assert {each[1] for each in after.values()} == {owner}
    assert differences(daemon) == []
    daemon.cli("start", "shop")
    assert inside(daemon, "cat changed emptied/other").stdout == "a\nmore\nz\n"


@pytest.mark.parametrize("kind", KINDS)
def test_some_paths_are_committed_and_others_discarded(daemon, kind):
    path = begin(daemon, kind, BELOW)
    inside(daemon, INSIDE)
    stop(daemon)
    daemon.cli("commit", "shop", "added", "replaced")
    assert (path / "replaced/r").read_text() == "r\n" and not (path / "gone/new").exists()
    assert "A added" not in differences(daemon)
    daemon.cli("discard", "shop", "gone", "mode")
    assert "D gone/" not in differences(daemon)
    refused = daemon.cli("discard", "shop", check=False)
    assert refused.returncode == 2 and "--yes" in refused.stderr
    daemon.cli("discard", "--yes", "shop")
    assert differences(daemon) == []
    daemon.cli("start", "shop")
    assert inside(daemon, "cat removed gone/sub/file").stdout == "b\ne\n"


def test_changes_below_meanwhile_refuse_the_commit_whole(daemon):
    path = begin(daemon, "directory", BELOW)
    inside(daemon, INSIDE)
    stop(daemon)
    time.sleep(0.05)
    (path / "changed").write_text("other\n")
    (path / "gone/sub/more").write_text("other\n")
    before = tree(path)
    with pytest.raises(Refused) as refused:
        daemon.call("StorageCommit", {"project": "shop"})
    assert refused.value.name == "StorageConflict"
    assert refused.value.parameters["paths"] == ["changed", "gone"]
    assert tree(path) == before
    outcome = daemon.cli("commit", "shop", check=False)
    assert outcome.returncode == 1 and "changed below as well: changed, gone" in outcome.stderr
    daemon.cli("discard", "shop", "gone")
    daemon.cli("commit", "--force", "shop")
    assert (path / "changed").read_text() == "a\nmore\n" and (path / "gone/sub/more").exists()


def test_what_is_no_overlay_has_no_changes(daemon):
    configure(daemon, "storage: direct")
    daemon.start()
    outcome = daemon.cli("diff", "shop", check=False)
    assert outcome.returncode == 1 and "its storage is direct" in outcome.stderr
    assert daemon.cli("diff", "nothing", check=False).returncode == 3
    for words in (["commit", "shop", "../x"], ["commit", "shop", "/etc"], ["discard", "shop", "a/../b"]):
        assert daemon.cli(*words, check=False).returncode == 1


def test_a_hostile_tree_is_walked_and_nothing_outside_is_touched(daemon, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("keep")
    path = begin(daemon, "directory", "mkdir d; echo 1 > d/f")
    inside(daemon, f"""
        echo 2 >> d/f; echo new > d/g; ln -s {outside} way; ln -s /etc/shadow shadow
        touch "$(printf 'new\\nline')" "$(printf '\\033[2J')" "$(printf '\\377\\376')" -- '-rf' '\\x2f'
        mkdir "$(printf 'a\\tb')"; echo x > "$(printf 'a\\tb')/c"; mkfifo pipe
    """)
    lines = daemon.cli("diff", "shop").stdout
    assert "\x1b" not in lines and "A \\xff\\xfe" in lines
    stop(daemon)
    # The owner of the directory swaps what is committed into for a way out.
    time.sleep(0.05)
    (path / "d").rename(path / "away")
    (path / "d").symlink_to(outside)
    outcome = daemon.cli("commit", "shop", check=False)
    assert outcome.returncode == 1 and "d" in outcome.stderr
    reply = json.loads(daemon.cli("commit", "--force", "--json", "shop").stdout)
    assert reply["skipped"] == 1
    assert sorted(os.listdir(outside)) == ["f"] and (outside / "f").read_text() == "keep"
    assert (path / "d/g").read_text() == "new\n" and (path / "way").is_symlink()
    assert daemon.cli("diff", "shop").stdout == "A pipe\n"
    # Deeper than anybody walks; it can be thrown away nevertheless.
    daemon.cli("start", "shop")
    inside(daemon, "exec python3 -c 'import os\nfor _ in range(1500):\n"
                   " os.mkdir(\"n\"); os.chdir(\"n\")'")
    stop(daemon)
    outcome = daemon.cli("commit", "shop", check=False)
    assert outcome.returncode == 1 and "deeper than" in outcome.stderr
    daemon.cli("discard", "--yes", "shop")
    assert differences(daemon) == []


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_commit_that_is_killed_is_finished_by_the_next(daemon, victim):
    path = begin(daemon, "directory", "for i in $(seq 1 300); do echo old > f$i; done")
    inside(daemon, "for i in $(seq 1 300); do echo new > f$i; done; "
                   "dd if=/dev/zero of=zz bs=1M count=300 2> /dev/null")
    stop(daemon)
    for delay in (0.0, 0.01, 0.05, 0.1):
        connection = daemon.connect()
        connection.send("StorageCommit", {"project": "shop"})
        found = eventually(lambda: helpers(daemon) or connection_has_ended(connection), "it begins")
        time.sleep(delay)
        if found is not True:
            if victim == "helper":
                for pid in found:
                    kill(pid)
            else:
                daemon.kill()
                eventually(lambda: not helpers(daemon), "the helper gives up")
                daemon.start()
        connection.close()
        eventually(lambda: not helpers(daemon), "no helper is left")
        # Each is old or new.
        assert {(path / f"f{i}").read_text() for i in range(1, 301)} <= {"old\n", "new\n"}
    daemon.cli("commit", "shop", check=False)
    assert {(path / f"f{i}").read_text() for i in range(1, 301)} == {"new\n"}
    assert (path / "zz").stat().st_size == 300 * MIB
    assert differences(daemon) == []
    assert not [name for name in os.listdir(path) if "bulkhead" in name]


def connection_has_ended(connection):
    connection.socket.setblocking(False)
    try:
        return bool(connection.socket.recv(1))
    except BlockingIOError:
        return False
    finally:
        connection.socket.setblocking(True)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


STORAGES = {"direct": "storage: direct", **KINDS,
            "volume": "storage: volume\nvolume_kind: directory",
            "volume-image": "storage: volume\nvolume_kind: image"}


@pytest.mark.parametrize("storage", STORAGES)
def test_a_snapshot_brings_back_what_was_there(daemon, storage):
    disk = "disk: 64M" if "image" in storage else ""
    configure(daemon, STORAGES[storage], disk)
    daemon.start()
    daemon.await_ready("shop")
    inside(daemon, "mkdir d; echo one > d/f; ln d/f hard; ln -s d/f soft; chmod 640 d/f; "
                   "truncate -s 5M sparse; echo end >> sparse")
    daemon.cli("snapshot", "create", "shop", "first")
    assert inside(daemon, "echo alive").stdout == "alive\n"
    again = daemon.cli("snapshot", "create", "shop", "first", check=False)
    assert again.returncode == 1 and "there is a snapshot first already" in again.stderr
    inside(daemon, "echo two > d/f; echo more > new; rm soft")
    refused = daemon.cli("snapshot", "restore", "shop", "first", check=False)
    assert refused.returncode == 1 and "its storage is in use" in refused.stderr
    stop(daemon)
    kept = json.loads(
        daemon.cli("snapshot", "restore", "--json", "shop", "first").stdout)["kept"]
    names = [each["name"] for each in
             daemon.call("SnapshotList", {"project": "shop"})["snapshots"]]
    assert names == ["first", kept]
    daemon.cli("start", "shop")
    assert inside(daemon, "cat d/f soft; stat -c %a d/f; test d/f -ef hard; test ! -e new; "
                          "stat -c %s sparse").stdout == f"one\none\n640\n{5 * MIB + 4}\n"
    stop(daemon)
    daemon.cli("snapshot", "restore", "shop", kept)
    daemon.cli("start", "shop")
    assert inside(daemon, "cat d/f new").stdout == "two\nmore\n"
    daemon.cli("snapshot", "remove", "shop", "first")
    listed = daemon.cli("snapshot", "list", "shop").stdout
    assert "first" not in listed and kept in listed
    assert daemon.cli("snapshot", "remove", "shop", "first", check=False).returncode == 1


def test_a_restored_layer_still_knows_what_was_changed_below(daemon):
    path = begin(daemon, "directory", "echo a > f; echo b > g")
    inside(daemon, "echo above >> f")
    time.sleep(0.05)
    (path / "f").write_text("below\n")
    stop(daemon)
    daemon.cli("snapshot", "create", "shop", "s")
    daemon.cli("snapshot", "restore", "shop", "s")
    with pytest.raises(Refused) as refused:
        daemon.call("StorageCommit", {"project": "shop"})
    assert refused.value.parameters["paths"] == ["f"]


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("kind", [pytest.param("directory", marks=pytest.mark.native), "image"])
def test_a_snapshot_that_is_killed_leaves_none_and_nothing_frozen(daemon, kind, victim):
    begin(daemon, kind, "true", disk="disk: 600M")
    inside(daemon, "dd if=/dev/urandom of=big bs=1M count=200 2> /dev/null")
    for number in itertools.count():
        connection = daemon.connect()
        connection.send("SnapshotCreate", {"project": "shop", "name": f"s{number}"})
        found = eventually(lambda: helpers(daemon) or connection_has_ended(connection), "it begins")
        if victim == "supervisor":
            daemon.kill()
            daemon.start()
        elif found is not True:
            for pid in found:
                kill(pid)
        connection.close()
        eventually(lambda: not helpers(daemon), "no helper is left")
        if number == 2:
            break
    assert inside(daemon, "echo still > here; sync; cat here").stdout == "still\n"
    daemon.cli("snapshot", "create", "shop", "whole")
    place = daemon.state / "volumes/shop/snapshots"
    listed = [each["name"] for each in
              daemon.call("SnapshotList", {"project": "shop"})["snapshots"]]
    assert "whole" in listed and sorted(os.listdir(place)) == sorted(listed)


@pytest.mark.native
def test_a_start_waits_for_the_work_on_the_storage(daemon):
    begin(daemon, "directory", "true")
    inside(daemon, "dd if=/dev/zero of=big bs=1M count=400 2> /dev/null")
    stop(daemon)
    with daemon.connect() as one, daemon.connect() as other:
        one.send("StorageCommit", {"project": "shop"})
        other.send("Start", {"project": "shop", "wait": True})
        assert one.result()["committed"] == 1
        other.result()
    assert daemon.show("shop")["ready"]
    assert differences(daemon) == []


def test_rescue_names_what_is_large_and_gives_room_where_it_can(daemon):
    begin(daemon, "image", "true", disk="disk: 32M")
    inside(daemon, "mkdir d; dd if=/dev/zero of=d/huge bs=1M count=100 2> /dev/null || true; "
                   "echo x > small || true")
    outcome = daemon.cli("rescue", "shop", "--", "/bin/sh", "-euc", "rm d/huge; echo done")
    assert outcome.stdout == "done\n"
    assert "nothing free" in outcome.stderr or " free" in outcome.stderr
    assert "d/huge" in outcome.stderr
    assert outcome.stderr.splitlines()[-1].startswith("bulkhead: ")
    inside(daemon, "dd if=/dev/zero of=again bs=1M count=8 2> /dev/null")
    with daemon.connect() as one, daemon.connect() as other:
        one.send("Rescue", {"project": "shop"}, more=True)
        assert one.result()["bytes_max"] is not None
        with pytest.raises(Refused) as refused:
            other.call("Rescue", {"project": "shop"})
        assert "being rescued already" in refused.value.parameters["message"]
    eventually(lambda: daemon.call("Rescue", {"project": "shop", "on": False})["grace_bytes"] == 0,
               "it is over")
