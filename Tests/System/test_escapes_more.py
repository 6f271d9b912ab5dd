"""More ways out.

What `test_breakout.py` tries from inside, this tries from the sides: what an image, a granted
directory, a caller or a moment of time can do to a launch. The threat model (docs/threat-model.md)
names these tests.
"""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

# Characters that drive a terminal: CSI by two characters, and by one of the second set.
RED = "\x1b[31m"


@pytest.fixture
def image(tmp_path, attack_program):
    """A root file system with one program in it."""
    directory = tmp_path / "image"
    (directory / "bin").mkdir(parents=True)
    shutil.copy(attack_program, directory / "bin/attack")
    return directory


def in_image(bulkhead, image, *options):
    return bulkhead.run("/bin/attack", "find_terminal", options=["--root", str(image), *options])


# What is made before there is a sandbox


@pytest.mark.parametrize("option", ["--ro", "--tmpfs"])
def test_a_link_at_the_top_of_an_image_makes_nothing_on_the_host(bulkhead, image, tmp_path, option):
    # CVE-2024-45310 and bubblewrap's GHSA-pxhw-h44j-8pfx: the place to mount at is made through a
    # link of the image, which leads into the host's tree as long as the launcher is there itself.
    outside = tmp_path / "outside"
    outside.mkdir()
    (image / "mnt").symlink_to(outside)
    (tmp_path / "file").write_text("x\n")
    value = {"--ro": f"{tmp_path}/file:/mnt/made", "--tmpfs": "/mnt/made"}[option]
    outcome = in_image(bulkhead, image, option, value)
    assert outcome.status == 125
    assert "cannot mount at '/mnt/made'" in outcome.stderr
    assert list(outside.iterdir()) == []


def test_a_working_directory_below_a_link_of_an_image_makes_nothing_on_the_host(
        bulkhead, image, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (image / "var").symlink_to(outside)
    work = pathlib.Path("/var/tmp/bulkhead-work")
    work.mkdir()
    try:
        outcome = bulkhead.run("/bin/attack", "find_terminal", cwd=work,
                               options=["--root", str(image)])
        assert outcome.status == 125, outcome
    finally:
        work.rmdir()
    assert list(outside.iterdir()) == []


def test_an_image_need_not_have_every_directory(bulkhead, image):
    (image / "var").mkdir()
    outcome = in_image(bulkhead, image, "--workdir", "/tmp")
    assert outcome.status == 0, outcome


def test_names_in_an_image_cannot_drive_the_operators_terminal(bulkhead, image):
    (image / f"{RED}\x9b1m\nnot a line").mkdir()
    outcome = bulkhead("run", "--plan", "--root", str(image), "--", "true")
    assert outcome.status == 0
    assert "not a line" in outcome.stdout
    assert "\x1b" not in outcome.stdout and "\x9b" not in outcome.stdout
    assert not any(line.startswith("not a line") for line in outcome.stdout.splitlines())


def test_names_in_an_image_cannot_drive_the_terminal_through_an_error(bulkhead, image):
    # More links than the sandbox's root has room for: the error names one of them.
    for number in range(1_100):
        (image / f"{RED}{number}").symlink_to("x")
    outcome = in_image(bulkhead, image, "--memory", "8M")
    assert outcome.status == 125
    assert "symlinkat" in outcome.stderr
    assert "\x1b" not in outcome.stderr


# What a grant shows


@pytest.mark.parametrize("path", ["/proc", "/proc/sys", "/sys", "/sys/fs/cgroup", "/dev"])
def test_the_kernels_own_trees_are_not_granted(bulkhead, path):
    outcome = bulkhead.run("true", options=["--ro", f"{path}:/mnt/granted"])
    assert outcome.status == 125
    assert re.search(rf"--ro '{path}': lies in ", outcome.stderr)


@pytest.mark.parametrize("path", ["/", "/etc", "/run", "/boot", "/var"])
def test_what_holds_the_machines_secrets_is_not_granted_as_a_whole(bulkhead, path):
    # Its owner, root, would appear as the command's user, who could then read /etc/shadow or talk
    # to a service by its socket.
    outcome = bulkhead.run("true", options=["--ro", f"{path}:/mnt/granted"])
    assert outcome.status == 125
    assert f"--ro '{path}': holds the machine's secrets" in outcome.stderr


@pytest.mark.parametrize("path", ["", "sys"])
def test_a_proc_mounted_below_a_grant_does_not_come_along(bulkhead, path):
    # A short path, for an error shows 64 characters; with a blank, which mountinfo escapes.
    place = pathlib.Path("/var/tmp/bulkhead tree/proc")
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "proc", "proc", place], check=True)
    try:
        granted = place / path if path else place.parent
        outcome = bulkhead.run("ls", "/mnt/granted", options=["--ro", f"{granted}:/mnt/granted"])
    finally:
        subprocess.run(["umount", place], check=True)
        shutil.rmtree(place.parent)
    assert outcome.status == 125, outcome
    assert f"proc is mounted at '{place}'" in outcome.stderr


@pytest.mark.parametrize("path", ["/etc/cron.d", "/usr/lib", "/usr/local/bin", "/run/systemd",
                                  "/var/spool/cron", "/var/lib/dpkg/info", "/boot/grub"])
@pytest.mark.parametrize("option", ["--rw", "--workdir"])
def test_what_belongs_to_the_system_is_never_writable(bulkhead, path, option):
    value = f"{path}:/mnt/granted" if option == "--rw" else path
    outcome = bulkhead.run("true", options=[option, value])
    assert outcome.status == 125
    assert "is a directory of the system" in outcome.stderr


def test_a_current_directory_of_the_system_is_not_granted_by_default(bulkhead):
    made = pathlib.Path("/etc/alternatives/bulkhead-made")
    try:
        outcome = bulkhead.run("touch", made.name, cwd=made.parent)
        assert outcome.status == 125
        assert not made.exists()
    finally:
        made.unlink(missing_ok=True)


# What stays on the host


def test_file_capabilities_cannot_be_set_for_the_host(bulkhead, workdir):
    # A capability that user 0 of the sandbox sets on a file of root's would be one of the host.
    outcome = bulkhead.run("true", options=["--user", "0", "--cap", "CAP_SETFCAP"])
    assert outcome.status == 125
    assert "could set file capabilities for the host" in outcome.stderr
    script = ("import os, sys\nopen('f', 'w').close()\n"
              "value = bytes.fromhex('01000002' + 'ff' * 4 + '00' * 4 + 'ff' * 4 + '00' * 4)\n"
              "os.setxattr('f', 'security.capability', value)\n")
    for options in (["--user", "0"], ["--cap", "CAP_SETFCAP"]):
        outcome = bulkhead.run("python3", "-c", script, options=options)
        assert "PermissionError" in outcome.stderr or "Invalid argument" in outcome.stderr, outcome
        assert os.listxattr(workdir / "f") == []


def test_no_way_of_making_a_file_makes_it_set_user_id(bulkhead, workdir):
    script = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, O_CREAT, O_WRONLY, O_TMPFILE = -100, 0o100, 1, 0o20200000
attempts = [
    (2, b"a", O_CREAT | O_WRONLY, 0o4755), (257, AT_FDCWD, b"b", O_CREAT | O_WRONLY, 0o2755),
    (2, b".", O_TMPFILE | O_WRONLY, 0o4755), (85, b"c", 0o4755),
    (133, b"d", 0o104755, 0), (259, AT_FDCWD, b"e", 0o106755, 0),
    (83, b"g", 0o2755), (258, AT_FDCWD, b"h", 0o6755),
    (90, b"plain", 0o4755), (91, 3, 0o4755), (268, AT_FDCWD, b"plain", 0o2755),
    (452, AT_FDCWD, b"plain", 0o4755, 0),
    # The kernel takes 32 bits, or 16, of what a filter sees as 64.
    (90, b"plain", ctypes.c_ulong(1 << 32 | 0o4755)),
    (2, b"i", ctypes.c_ulong(1 << 32 | O_CREAT | O_WRONLY), ctypes.c_ulong(1 << 40 | 0o4755)),
]
fd = os.open("plain", os.O_CREAT | os.O_WRONLY, 0o755)
assert fd == 3
for attempt in attempts:
    ctypes.set_errno(0)
    if libc.syscall(*attempt) >= 0:
        print("made", attempt)
"""
    outcome = bulkhead.run("python3", "-c", script)
    assert outcome.status == 0, outcome
    assert outcome.stdout == ""
    for path in workdir.iterdir():
        assert path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID) == 0, path


def test_a_log_that_is_written_cannot_be_read(bulkhead, tmp_path):
    # The way to a descriptor's file by /proc/self/fd, with other rights than it was opened with.
    log, source = tmp_path / "log", tmp_path / "source"
    log.write_text("earlier secrets\n")
    log.chmod(0o666)
    source.write_text("input\n")
    source.chmod(0o666)
    with open(log, "a") as output, open(source) as given:
        process = bulkhead.start(
            "run", *bulkhead.options, "--", "sh", "-c",
            "cat /proc/self/fd/1 >&2; cat /dev/stdout >&2; echo x >/proc/self/fd/0",
            input=given, stdout=output)
        outcome = bulkhead.finish(process)
    assert "earlier secrets" not in outcome.stderr
    assert source.read_text() == "input\n"
