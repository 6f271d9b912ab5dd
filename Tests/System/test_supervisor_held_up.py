"""What a sandbox, a terminal or an init that was taken over can do to the one who holds it."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from harness import census, sandbox
from harness.sandbox import DEADLINE_SECONDS
from harness.terminal import Terminal

HOOKS = pathlib.Path(__file__).resolve().parent / "hooks"


# Holding up or misleading the supervisor


def ended_in_time(process, seconds=100):
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
    script = ("import os, termios, time\nend = time.time() + 200\n"
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
    end = time.monotonic() + DEADLINE_SECONDS
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


@pytest.mark.native
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
    # Those that end by the limit, and those whose end no starved machine should mistake for it.
    limit = "3s" if attack in ("flood", "silence") else "120s"
    process = bulkhead.start("run", *bulkhead.options, "--time-limit", limit, "--grace", "1s",
                             *options, "--", f"attack={attack}")
    most = 0
    end = time.monotonic() + DEADLINE_SECONDS
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
    assert outcome.seconds < 100
