"""Ends: asked for, forced, by accident. Nothing is left running, nothing is left behind."""

import os
import signal
import time

import pytest

from harness import census
from harness.terminal import Terminal


def wait_until_alone(seconds=90):
    """Waits until no descendant is left but children that await their parent."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if not census.descendants():
            return
        time.sleep(0.02)
    raise AssertionError(f"still there: {census.descendants()}")


def start_and_wait_until_up(bulkhead, *options, script="sleep 600 & sleep 600 & echo up; wait"):
    process = bulkhead.start("run", *bulkhead.options, *options, "--", "sh", "-c", script)
    assert process.stdout.readline() == b"up\n"
    return process


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_ends_the_whole_tree(bulkhead, name):
    number = signal.Signals[name]
    process = start_and_wait_until_up(bulkhead)
    process.send_signal(number)
    outcome = bulkhead.finish(process)
    assert outcome.status == 128 + number, outcome
    assert outcome.seconds < 60


def test_a_signal_reaches_a_command_that_wants_to_end_in_order(bulkhead):
    script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.1; done"
    process = start_and_wait_until_up(bulkhead, script=script)
    process.terminate()
    outcome = bulkhead.finish(process)
    assert outcome.stdout == "bye\n"
    assert outcome.status in (7, 128 + signal.SIGTERM)


def test_what_ignores_the_signal_is_killed_after_the_grace(bulkhead, attack_program):
    process = bulkhead.start(
        "run", *bulkhead.options, "--grace", "500ms", "--ro", f"{attack_program}:/attack", "--",
        "/attack", "ignore_signals")
    assert process.stdout.readline() == b"ready\n"
    start = time.monotonic()
    process.terminate()
    outcome = bulkhead.finish(process)
    assert outcome.status != 0
    assert 0.4 < time.monotonic() - start < 60


def test_a_second_signal_does_not_wait_for_the_grace(bulkhead, attack_program):
    process = bulkhead.start(
        "run", *bulkhead.options, "--grace", "10m", "--ro", f"{attack_program}:/attack", "--",
        "/attack", "ignore_signals")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert bulkhead.finish(process, deadline=60).status != 0


def test_the_death_of_bulkhead_ends_the_sandbox(bulkhead):
    process = start_and_wait_until_up(bulkhead)
    process.kill()
    process.communicate()
    wait_until_alone()


def test_the_death_of_bulkhead_ends_what_ignores_signals(bulkhead, attack_program):
    process = bulkhead.start("run", *bulkhead.options, "--ro", f"{attack_program}:/attack", "--",
                             "/attack", "ignore_signals")
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.communicate()
    wait_until_alone()


@pytest.mark.repeated
def test_sigkill_at_any_moment_leaves_nothing_running(bulkhead, random_source, repetitions,
                                                     host_census, on_machine):
    before = host_census.take()
    # First how long a run takes here, to spread the moments over all of it.
    normal = max(bulkhead.run("true").seconds for _ in range(3))
    for _ in range(repetitions(10 if on_machine else 20)):
        process = bulkhead.start("run", *bulkhead.options, "--", "sh", "-c", "sleep 0.05")
        time.sleep(random_source.uniform(0, normal * 1.5))
        process.kill()
        process.communicate()
        wait_until_alone()
    # What SIGKILL left the next run takes away; of systemd's scopes those that have been empty for
    # fifteen seconds.
    if on_machine:
        time.sleep(16)
    assert bulkhead.run("true").status == 0
    left = host_census.left_behind(before)
    assert not left, "left behind:\n" + "\n".join(left)


@pytest.mark.repeated
def test_many_runs_leave_nothing(bulkhead, repetitions, on_machine):
    # The census around every test does the counting.
    for index in range(repetitions(15 if on_machine else 50)):
        outcome = bulkhead.run("true")
        assert outcome.status == 0, f"run {index}: {outcome}"
        assert outcome.stderr == ""


def test_many_at_once_do_not_disturb_each_other(bulkhead):
    processes = [
        bulkhead.start("run", *bulkhead.options, "--", "sh", "-c", f"echo {index} >/tmp/x; cat /tmp/x")
        for index in range(8)]
    outcomes = [bulkhead.finish(process) for process in processes]
    assert [outcome.stdout for outcome in outcomes] == [f"{index}\n" for index in range(8)]


def test_two_of_one_name_do_not_share_anything(bulkhead):
    first = start_and_wait_until_up(bulkhead, "--name", "twin")
    second = bulkhead.run("true", options=["--name", "twin"])
    assert second.status == 125, second
    assert len(second.errors) == 1
    assert "twin" in second.errors[0]
    first.terminate()
    bulkhead.finish(first)


def test_control_c_ends_the_whole_tree(bulkhead):
    terminal = Terminal()
    before = terminal.settings()
    process = terminal.start(bulkhead, "run", *bulkhead.options, "--", "sh", "-c",
                             "echo up; exec sleep 600")
    terminal.read_until("up")
    terminal.type("\x03")
    assert process.wait(timeout=60) == 128 + signal.SIGINT
    assert terminal.settings() == before
    terminal.close()


def test_a_dying_terminal_ends_the_whole_tree(bulkhead):
    terminal = Terminal()
    process = terminal.start(bulkhead, "run", *bulkhead.options, "--", "sh", "-c",
                             "echo up; exec sleep 600")
    terminal.read_until("up")
    terminal.hang_up()
    assert process.wait(timeout=60) != 0
    wait_until_alone()
