"""Loads that would bring a machine down: they are contained, the machine answers throughout, and
the cause is named right."""

import re
import threading
import time

import pytest

from harness.prober import Prober

pytestmark = pytest.mark.machine


@pytest.fixture
def prober():
    with Prober() as prober:
        yield prober
    prober.check()


def cause(outcome):
    """The line that says which limit ended it."""
    lines = [line for line in outcome.errors if "killed" in line]
    assert len(lines) == 1, outcome
    return lines[0]


def test_a_fork_bomb(attack, prober):
    outcome = attack("fork_bomb", 5, options=["--pids", "64"])
    told = re.search(r"born (\d+), refused (\d+)", outcome.stdout)
    assert told, outcome
    assert int(told[1]) <= 64
    assert int(told[2]) > 0


def test_a_fork_bomb_is_in_the_record(attack, prober):
    outcome = attack("fork_bomb", 3, options=["--pids", "64", "--json"])
    assert "pids" in outcome.stderr


def test_a_memory_hog(attack, prober):
    outcome = attack("eat_memory", 300, options=["--memory", "64M"])
    assert outcome.status == 137
    assert re.search(r"killed: memory\.max 64M reached at [\d.]+M by attack \(pid \d+\)",
                     cause(outcome)), outcome


def test_many_memory_hogs(attack, prober):
    # The kernel kills one after the other until the rest has room; which is for it to choose.
    outcome = attack("eat_memory_together", 400, 20, options=["--memory", "64M"])
    if outcome.status == 137:
        assert "memory.max 64M" in cause(outcome)
    else:
        assert int(re.search(r"killed (\d+)", outcome.stdout)[1]) > 0, outcome


def test_memory_in_a_tmpfs(attack, prober):
    outcome = attack("fill_file", "/scratch/file", 400,
                     options=["--memory", "64M", "--tmpfs", "/scratch:1G"])
    assert outcome.status == 137
    assert "memory.max 64M" in cause(outcome)


def test_the_private_tmp_is_full_before_memory_is(attack, prober):
    outcome = attack("fill_file", "/tmp/file", 400, options=["--memory", "64M"])
    assert outcome.status == 0, outcome
    assert "ENOSPC" in outcome.stdout


def test_memory_in_shared_memory(attack, prober):
    outcome = attack("fill_shared_memory", 400, options=["--memory", "64M"])
    assert outcome.status == 137
    assert "memory.max 64M" in cause(outcome)


def test_a_posix_shared_memory_file(attack, prober):
    outcome = attack("fill_file", "/dev/shm/file", 400, options=["--memory", "64M"])
    assert "ESCAPED" not in outcome.stdout, outcome


def test_a_hog_among_honest_processes_is_named(bulkhead, attack_program, prober):
    script = "sleep 600 & sleep 600 & exec /attack eat_memory 300"
    outcome = bulkhead.shell(script, options=["--memory", "64M", "--ro", f"{attack_program}:/attack"])
    assert outcome.status == 137
    assert "by attack" in cause(outcome)


def test_a_kill_from_inside_is_not_blamed_on_a_limit(bulkhead):
    outcome = bulkhead.shell("kill -9 $$")
    assert outcome.status == 137
    assert not any("memory.max" in line or "pids.max" in line for line in outcome.errors)


def test_a_processor_hog(attack, prober):
    outcome = attack("burn_processor", 4, 4, options=["--cpu", "0.5"])
    used = int(re.search(r"used (\d+) ms", outcome.stdout)[1])
    # Half a processor for four seconds, and a scheduler that rounds.
    assert used < 4000 * 0.5 * 1.5, outcome


def test_a_processor_hog_leaves_the_machine_its_share(attack, prober):
    answers = prober.answers
    attack("burn_processor", 5, 8, options=["--cpu", "1"])
    assert prober.answers > answers


def test_running_out_of_files(attack, prober):
    outcome = attack("open_many_files", options=["--pids", "100"])
    assert outcome.status == 0, outcome
    with open("/proc/sys/fs/file-nr", encoding="ascii") as file:
        allocated, _, most = map(int, file.read().split())
    assert allocated < most / 2


def test_thousands_of_zombies(attack, prober, on_machine):
    count = 2_000 if on_machine else 10_000
    outcome = attack("make_zombies", count, options=["--pids", str(count + 1_000)])
    assert outcome.stdout == f"zombies {count}\n", outcome


def test_zombies_stop_at_the_limit(attack, prober):
    outcome = attack("make_zombies", 10_000, options=["--pids", "100"])
    made = int(outcome.stdout.split()[1])
    assert made < 100


def test_orphans_are_reaped(attack, prober, repetitions):
    count = repetitions(1_000)
    outcome = attack("make_orphans", count, options=["--pids", "64"])
    # With zombies left over it would come to a stand at 64.
    assert int(outcome.stdout.split()[1]) > count / 2, outcome


def test_a_flood_of_output(bulkhead, attack_program, prober):
    arguments = ["run", "--ro", f"{attack_program}:/attack", "--", "/attack", "flood_output", "256"]
    process = bulkhead.start(*arguments)
    received = 0
    while chunk := process.stdout.read1(1 << 20):
        received += len(chunk)
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert received == 256 << 20


def test_a_flood_that_nobody_reads(bulkhead, attack_program, prober):
    # It has to wait, and not to be collected in somebody's memory.
    arguments = ["run", "--ro", f"{attack_program}:/attack", "--", "/attack", "flood_output", "256"]
    process = bulkhead.start(*arguments)
    time.sleep(5)
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        resident = int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1])
    assert resident < 32 << 10
    assert process.poll() is None
    process.terminate()
    drain = threading.Thread(target=process.stdout.read)
    drain.start()
    assert process.wait(timeout=60) != 0
    drain.join()
    process.stdout.close()
    process.stderr.close()


def test_nested_directories_and_many_files_are_bounded(bulkhead, prober):
    script = "i=0; while : >/tmp/$i; do i=$((i+1)); done 2>/dev/null; echo $i"
    outcome = bulkhead.shell(script, options=["--memory", "64M", "--time-limit", "60s"])
    assert outcome.status in (0, 2, 124, 137), outcome
