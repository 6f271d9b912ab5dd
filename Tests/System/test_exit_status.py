"""The exit status: the command's own, or one that says what went wrong (docs: EXIT STATUS)."""

import os
import signal

import pytest

pytestmark = pytest.mark.native


@pytest.mark.parametrize("status", [0, 1, 42, 124, 255])
def test_it_is_the_commands_own(bulkhead, status):
    outcome = bulkhead.shell(f"exit {status}")
    assert outcome.status == status
    assert outcome.stderr == ""


@pytest.mark.both
def test_a_command_that_does_not_exist_is_127(bulkhead):
    outcome = bulkhead.run("no-such-command")
    assert outcome.status == 127
    assert len(outcome.errors) == 1
    assert "no-such-command" in outcome.errors[0]


def test_a_path_that_does_not_exist_is_127(bulkhead):
    outcome = bulkhead.run("/usr/bin/no-such-command")
    assert outcome.status == 127
    assert len(outcome.errors) == 1


def test_a_file_that_is_not_executable_is_126(bulkhead, workdir):
    (workdir / "text").write_text("not a program")
    outcome = bulkhead.run("./text")
    assert outcome.status == 126
    assert len(outcome.errors) == 1
    assert "text" in outcome.errors[0]


def test_a_directory_is_126(bulkhead, workdir):
    (workdir / "directory").mkdir()
    outcome = bulkhead.run("./directory")
    assert outcome.status == 126
    assert len(outcome.errors) == 1


def test_an_executable_in_no_known_format_is_126(bulkhead, workdir):
    (workdir / "garbage").write_bytes(b"\x00\x01\x02garbage")
    (workdir / "garbage").chmod(0o755)
    outcome = bulkhead.run("./garbage")
    assert outcome.status == 126


@pytest.mark.both
@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGKILL", "SIGSEGV", "SIGTERM", "SIGABRT"])
def test_a_command_killed_by_a_signal_is_128_and_its_number(attack, name):
    number = signal.Signals[name].value
    outcome = attack("die_of_signal", number)
    assert outcome.status == 128 + number


@pytest.mark.both
def test_a_time_limit_that_is_over_says_so(bulkhead):
    outcome = bulkhead.shell("sleep 600", options=["--time-limit", "500ms", "--grace", "1s"])
    assert outcome.status in (124, 137, 143)
    assert any("time" in line for line in outcome.errors), outcome
    assert outcome.seconds < 60


@pytest.mark.both
def test_a_time_limit_ends_what_ignores_signals(attack):
    outcome = attack("ignore_signals", options=["--time-limit", "8s", "--grace", "300ms"])
    assert outcome.status in (124, 137)
    assert "ready" in outcome.stdout
    assert any("time" in line for line in outcome.errors), outcome
    assert outcome.seconds < 60


@pytest.mark.both
def test_bulkheads_own_failure_is_125(bulkhead, workdir):
    outcome = bulkhead.run("true", options=["--workdir", "/no/such/directory"])
    assert outcome.status == 125


def test_a_program_that_interprets_itself_as_the_supervisor_ends(bulkhead, workdir):
    # CVE-2019-5736 began like this: the launcher was made to execute itself.
    script = workdir / "script"
    script.write_text("#!/proc/self/exe\n")
    script.chmod(0o755)
    outcome = bulkhead.run("./script")
    assert outcome.status != 0
    assert outcome.seconds < 60


def test_output_and_input_pass_through_whole(bulkhead):
    outcome = bulkhead.shell("cat; echo done >&2", input="one\ntwo\n")
    assert outcome.status == 0
    assert outcome.stdout == "one\ntwo\n"
    assert outcome.stderr == "done\n"


def test_binary_output_is_not_changed(bulkhead):
    process = bulkhead.start("run", *bulkhead.options, "--", "head", "-c", "3000000", "/dev/zero")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert output == bytes(3_000_000)


def test_a_reader_that_goes_away_ends_the_command(bulkhead):
    # As in: bulkhead run -- yes | head -1
    read, write = os.pipe()
    process = bulkhead.start("run", *bulkhead.options, "--", "yes", stdout=write)
    os.close(write)
    assert os.read(read, 2) == b"y\n"
    os.close(read)
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    process.stderr.close()
