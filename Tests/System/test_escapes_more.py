"""More ways out, and ways to hold up or mislead the supervisor from inside.

What `test_breakout.py` tries from inside, this tries from the sides: what an image, a granted
directory, a caller or a moment of time can do to a launch. The threat model (docs/threat-model.md)
names these tests.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import threading
import time

import pytest

from harness import census, sandbox
from harness.sandbox import DEADLINE_SECONDS
from harness.terminal import Terminal

HOOKS = pathlib.Path(__file__).resolve().parent / "hooks"
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


# Holding up or misleading the supervisor


def ended_in_time(process, seconds=30):
    """Whether a run whose time limit is two seconds ends; it is killed if not."""
    try:
        process.wait(timeout=seconds)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            # What was still to be written has nobody to read it.
            with contextlib.suppress(BrokenPipeError):
                if stream:
                    stream.close()


def start_on(terminal, bulkhead, *arguments):
    """Starts a run whose input and output are a terminal; its errors are read by us."""
    return bulkhead.start("run", *bulkhead.options, *arguments, input=terminal.slave,
                          stdout=terminal.slave, start_new_session=True)


def test_a_terminal_that_takes_no_output_does_not_stop_the_clock(bulkhead):
    terminal = Terminal()
    # Nobody reads the other side; what is written fills the terminal and stays.
    process = start_on(terminal, bulkhead, "--time-limit", "2s", "--grace", "1s", "--", "yes")
    assert ended_in_time(process)
    assert process.returncode == 137
    terminal.close()


def test_a_terminal_that_takes_no_output_does_not_keep_signals_from_being_heard(bulkhead):
    terminal = Terminal()
    process = start_on(terminal, bulkhead, "--grace", "1s", "--", "yes")
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    assert ended_in_time(process)
    terminal.close()


def test_a_command_that_reads_nothing_does_not_stop_the_clock(bulkhead):
    process = bulkhead.start("run", *bulkhead.options, "--tty", "--interactive", "--time-limit",
                             "2s", "--grace", "1s", "--", "sleep", "600", input=subprocess.PIPE,
                             stdout=subprocess.DEVNULL)

    def feed():
        try:
            for _ in range(1_000):
                process.stdin.write(b"x" * 4_096)
        except (OSError, ValueError):
            pass  # Nobody reads any more.

    thread = threading.Thread(target=feed)
    thread.start()
    assert ended_in_time(process)
    thread.join()


def test_a_terminal_that_is_flushed_does_not_stop_the_clock(bulkhead):
    # The command takes back what the supervisor was just told that it can read.
    script = ("import os, termios, time\nend = time.time() + 20\n"
              "while time.time() < end:\n"
              "    os.write(1, b'x' * 64)\n"
              "    termios.tcflush(1, termios.TCIOFLUSH)\n")
    process = bulkhead.start("run", *bulkhead.options, "--tty", "--time-limit", "3s", "--grace",
                             "1s", "--", "python3", "-c", script, stdout=subprocess.DEVNULL)
    assert ended_in_time(process)
    assert process.returncode == 137


@pytest.fixture(scope="session")
def death_at_the_go_ahead(tmp_path_factory):
    """A library that kills its process where it would let a sandbox begin."""
    library = tmp_path_factory.mktemp("hooks") / "death.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library,
                    HOOKS / "death_at_the_go_ahead.c"], check=True)
    return library


@pytest.mark.parametrize("where", ["with a cgroup", "without"])
def test_a_supervisor_killed_before_the_go_ahead_leaves_no_child(
        bulkhead, death_at_the_go_ahead, where):
    # The child waits for the supervisor's word; with a descriptor of its own that kept the pipe
    # open it would wait for ever.
    options = bulkhead.options
    script = f'LD_PRELOAD={death_at_the_go_ahead} exec "$@"'
    if where == "without":
        script = "umount -l /sys/fs/cgroup/unified; umount -l /sys/fs/cgroup; " + script
        options = ["--allow-unlimited"]
    process = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
         bulkhead.program, "run", *options, "--", "sleep", "600"],
        cwd=bulkhead.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, timeout=DEADLINE_SECONDS, check=False)
    assert process.returncode == -signal.SIGKILL
    end = time.monotonic() + 10
    # A zombie waits for nobody but us, who are a subreaper.
    while any(state != "Z" for _, name, state in census.descendants().values()
              if name.startswith(("bulkhead", "bh-"))):
        assert time.monotonic() < end, census.descendants()
        time.sleep(0.05)
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
        except ChildProcessError:
            break


@pytest.mark.parametrize("ignored", ["SIGCHLD", "SIGPIPE", "SIGTERM", "SIGUSR1"])
def test_what_the_caller_ignores_is_not_inherited(bulkhead, ignored):
    number = getattr(signal, ignored)
    process = bulkhead.start(
        "run", *bulkhead.options, "--", "sh", "-c", "grep SigIgn /proc/self/status; exit 3",
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN), restore_signals=False)
    outcome = bulkhead.finish(process)
    assert outcome.status == 3, outcome
    assert outcome.stdout == "SigIgn:\t0000000000000000\n"


@pytest.mark.machine
def test_a_protection_from_the_oom_killer_is_not_inherited(bulkhead):
    # With it the memory limit could kill nobody.
    process = bulkhead.start(
        "run", *bulkhead.options, "--", "sh", "-c",
        "cat /proc/self/oom_score_adj; echo -1 >/proc/self/oom_score_adj",
        preexec_fn=lambda: pathlib.Path("/proc/self/oom_score_adj").write_text("-900"))
    outcome = bulkhead.finish(process)
    assert outcome.stdout == "0\n"
    assert outcome.status != 0


@pytest.mark.machine
def test_a_crash_does_not_call_the_hosts_handler(bulkhead, attack_program):
    # A handler behind a pipe runs as root on the host, outside of every limit, and RLIMIT_CORE 0
    # does not stop it.
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern")
    before = pattern.read_text()
    caught = pathlib.Path("/var/tmp/bulkhead-core")
    handler = pathlib.Path("/var/tmp/bulkhead-core-handler")
    handler.write_text(f"#!/bin/sh\nexec cat >{caught}\n")
    handler.chmod(0o755)
    try:
        pattern.write_text(f"|{handler}")
        outcome = bulkhead.run("/attack", "die_of_signal",
                               options=["--ro", f"{attack_program}:/attack"])
        assert outcome.status == 139
        time.sleep(2)
        assert not caught.exists()
    finally:
        pattern.write_text(before)
        handler.unlink()
        caught.unlink(missing_ok=True)


# What is left of init


def test_init_is_of_no_use_to_who_takes_it_over(bulkhead):
    # Its session is not the operator's, whose terminal would else be its /dev/tty; of its
    # capabilities it keeps the one for sending signals.
    terminal = Terminal()
    process = terminal.start(
        bulkhead, "run", *bulkhead.options, "--", "sh", "-c",
        "cut -d' ' -f2,6,7 /proc/1/stat; grep -E 'Cap(Prm|Eff|Inh|Amb)' /proc/1/status; echo done")
    told = terminal.read_until("done")
    assert process.wait(timeout=60) == 0
    terminal.close()
    assert "(bulkhead-init) 1 0" in told
    sets = dict(re.findall(r"Cap(\w+):\s*([0-9a-f]+)", told))
    # CAP_KILL is number 5.
    assert {name: int(value, 16) for name, value in sets.items()} == {
        "Inh": 0, "Prm": 1 << 5, "Eff": 1 << 5, "Amb": 0}


def test_signals_of_the_operator_still_reach_the_command(bulkhead):
    process = bulkhead.start(
        "run", *bulkhead.options, "--user", "4711", "--", "sh", "-c",
        "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.1; done")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    outcome = bulkhead.finish(process)
    assert outcome.stdout == "asked\n"
    assert outcome.status == 7


@pytest.fixture(scope="session")
def hostile_installation(tmp_path_factory):
    """A bulkhead whose init does what the command says: `attack=NAME`."""
    directory = tmp_path_factory.mktemp("hostile")
    shutil.copy(sandbox.find_program(), directory / "bulkhead")
    subprocess.run(["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
                    directory / "bulkhead-init", HOOKS / "hostile_init.c"], check=True)
    shutil.copytree(profiles_directory(), directory / "profiles")
    return directory / "bulkhead"


def profiles_directory():
    """Where the program under test has its profiles."""
    for directory in (sandbox.REPOSITORY / "profiles", pathlib.Path("/usr/share/bulkhead/profiles")):
        if directory.is_dir():
            return directory
    raise AssertionError("no profiles")


def run_hostile(bulkhead, attack, *options):
    """The outcome, and how many descriptors the supervisor had at most."""
    process = bulkhead.start("run", *bulkhead.options, "--time-limit", "3s", "--grace", "1s",
                             *options, "--", f"attack={attack}")
    most = 0
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            most = max(most, len(os.listdir(f"/proc/{process.pid}/fd")))
        time.sleep(0.01)
    return bulkhead.finish(process), most


@pytest.mark.parametrize(
    "attack, options, status, told",
    [
        ("garbage", [], 125, "its message makes no sense here"),
        ("long", [], 125, "its message"),
        ("twice", [], 125, "its message makes no sense here"),
        ("terminal", ["--tty"], 125, "it sent no terminal"),
        ("empty", [], 137, "killed"),
        ("hangup", [], 137, "killed"),
        ("shut", [], 137, "killed"),
        ("flood", [], 137, "time limit 3s reached"),
        ("descriptors", [], 42, ""),
        ("silence", [], 137, "time limit 3s reached"),
    ],
)
def test_an_init_that_was_taken_over_cannot_hold_up_the_supervisor(
        bulkhead, hostile_installation, attack, options, status, told):
    hostile = sandbox.Bulkhead(str(hostile_installation), bulkhead.directory, bulkhead.options)
    outcome, descriptors = run_hostile(hostile, attack, *options)
    assert outcome.status == status, outcome
    assert told in outcome.stderr
    assert "\x1b" not in outcome.stderr
    assert descriptors < 64, "descriptors that came in a packet stay open"
    assert outcome.seconds < 20
