"""bulkhead top and stats against a supervisor that a test writes: what is drawn, and how it is left."""

import json
import signal
import threading

import pytest

from harness.daemon import eventually
from harness.scripted import HOSTILE, Scripted, drives_no_terminal, only_line
from harness.terminal import Terminal

pytestmark = pytest.mark.native

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


def usage(project, workload=None, **more):
    return {"project": project, "phase": "active", "cpu_us": 1, "memory_bytes": 1 << 20,
            "processes": 2, "read_bytes": 0, "written_bytes": 0, "restarts": 0, "pressure": [],
            **({"workload": workload, "run": 7} if workload else {}), **more}


def sample(second, *projects):
    return {"at_us": 1_795_250_000_000_000 + second * 1_000_000, "projects": list(projects),
            "machine": {"processors": 2, "memory_bytes": 4 << 30, "memory_available_bytes": 1 << 30,
                        "load": [0.5, 0.5, 0.5], "pressure": []}}


def samples(*replies):
    """A script that sends these, and then waits for the caller to go."""
    def script(caller, method, _parameters, more):
        assert method == "Stats" and more
        for reply in replies:
            caller.reply(reply, continues=True)
    return script


@pytest.fixture
def screen(client):
    """screen(ARG…): bulkhead with them on a terminal; whatever ends it, the terminal is as before."""
    terminals = []

    def start(*arguments, rows=24, columns=80):
        terminal = Terminal(rows, columns)
        terminals.append(terminal)
        terminal.before = terminal.settings()
        terminal.process = terminal.start(
            client.bulkhead, *arguments, env={**client.environment, "TERM": "xterm", "TZ": "UTC"})
        return terminal

    yield start
    for terminal in terminals:
        terminal.process.kill()
        terminal.process.wait()
        terminal.close()


def read_all(terminal, *texts):
    """Reads until all of these were printed, in whatever order."""
    printed = ""
    for text in texts:
        if text not in printed:
            printed += terminal.read_until(text)


def left(terminal, status):
    """It has ended so, and the terminal is as it was."""
    printed = terminal.read_until(LEAVE)
    assert terminal.process.wait(60) == status
    assert terminal.settings() == terminal.before
    return printed


@pytest.mark.both
def test_it_draws_what_is_used_and_leaves_the_screen_as_it_was(screen, socket_path):
    with Scripted(socket_path, samples(
            sample(0, usage("shop", cpu_us=1_000_000)),
            sample(1, usage("shop", cpu_us=1_350_000), usage("shop", "web", memory_bytes=512 << 20,
                                                            memory_max_bytes=1 << 30)))):
        terminal = screen("top")
        printed = terminal.read_until("512M ====....")
        assert printed.startswith(ENTER) and "35.0%" in printed
        # Erased behind its last character, a line as wide as the screen would lose it.
        assert printed.count("\x1b[K") == printed.count(";1H\x1b[K") > 20
        assert terminal.settings() != terminal.before
        terminal.type("q")
        left(terminal, 0)


def test_a_service_that_does_not_run_says_why(client, socket_path):
    gone = {"project": "shop", "workload": "db", "phase": "parked", "cpu_us": 0, "memory_bytes": 0,
            "processes": 0, "read_bytes": 0, "written_bytes": 0, "restarts": 5, "pressure": []}
    with Scripted(socket_path, samples(sample(0, usage("shop"), gone),
                                       sample(1, usage("shop"), gone))):
        lines = client("top", "--once").stdout.splitlines()
    assert lines[-1].split() == ["db", "parked"], lines


def test_only_what_has_changed_is_drawn(screen, socket_path):
    many = [usage(f"project-{number:02}") for number in range(18)]
    is_drawn = threading.Event()

    def script(caller, *_):
        caller.reply(sample(0, *many), continues=True)
        caller.reply(sample(1, *many), continues=True)
        is_drawn.wait(60)
        caller.reply(sample(2, *many), continues=True)

    with Scripted(socket_path, script):
        terminal = screen("top")
        read_all(terminal, "08:33:21", "n)ame", "project-17\x1b[0m             0.0%")
        is_drawn.set()
        printed = terminal.read_until("08:33:22")
        # The rest of a line that was there before, and the beginning of the one that is another.
        assert "project-" not in printed and len(printed) < 400
        terminal.type("n")
        # The same rows: one line says how they are sorted.
        assert "project-" not in terminal.read_until("by name")[-20:]
        terminal.type("q")
        left(terminal, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_leaves_the_screen_too(screen, socket_path, number):
    with Scripted(socket_path, samples(sample(0, usage("shop")))):
        terminal = screen("top")
        terminal.read_until("shop")
        terminal.process.send_signal(number)
        left(terminal, 128 + number)


def test_control_c_leaves(screen, socket_path):
    with Scripted(socket_path, samples(sample(0, usage("shop")))):
        terminal = screen("top")
        terminal.read_until("shop")
        terminal.type("\x03")
        left(terminal, 0)


def test_another_size_is_drawn_at_once(screen, socket_path):
    with Scripted(socket_path, samples(sample(0, usage("shop")))):
        terminal = screen("top", columns=80)
        terminal.read_until("shop")
        terminal.resize(40, 120)
        read_all(terminal, "WRITE/S", "\x1b[40;1H")
        terminal.type("q")
        left(terminal, 0)


def test_rows_scroll_by_keys(screen, socket_path):
    many = [usage(f"p{number}") for number in range(10, 60)]
    with Scripted(socket_path, samples(sample(0, *many))):
        terminal = screen("top", "--sort", "name")
        terminal.read_until("1-19 of 50")
        terminal.type("\x1b[6~")
        terminal.read_until("20-38 of 50")
        terminal.type("\x1b[")
        terminal.type("F")
        terminal.read_until("32-50 of 50")
        terminal.type("\x1bOA")
        terminal.read_until("31-49 of 50")
        terminal.type("\x1b[H")
        terminal.read_until("1-19 of 50")
        terminal.type("q")
        left(terminal, 0)


def test_a_supervisor_that_is_restarted_is_waited_for(screen, socket_path):
    first = Scripted(socket_path, samples(sample(0, usage("before"))))
    terminal = screen("top")
    terminal.read_until("before")
    first.stop()
    first.hang_up()
    terminal.read_until("trying again")
    with Scripted(socket_path, samples(sample(5, usage("after")))):
        read_all(terminal, "after", "q quit")
        terminal.type("q")
        left(terminal, 0)


@pytest.mark.parametrize("garbage", [b"nonsense\0", b"[]\0", b'{"error":7}\0', b"\xff\0"])
def test_what_is_no_reply_ends_it_and_puts_the_terminal_back(screen, socket_path, garbage):
    def script(caller, *_):
        caller.reply(sample(0, usage("shop")), continues=True)
        caller.raw(garbage)

    with Scripted(socket_path, script):
        terminal = screen("top")
        printed = left(terminal, 1) if garbage != b'{"error":7}\0' else ""
        if not printed:
            # No error that anybody could name: a reply without anything in it.
            terminal.read_until(ENTER)
            terminal.type("q")
            left(terminal, 0)


def test_a_refusal_is_told_where_it_can_be_read(screen, socket_path):
    with Scripted(socket_path, lambda caller, *_: caller.fail(
            "ProjectNotFound", project="shop", hint="")):
        terminal = screen("top", "shop")
        assert terminal.process.wait(60) == 3
        printed = terminal.read_until("there is no project 'shop'")
        assert printed.rindex(LEAVE) < printed.rindex("there is no project")
        assert terminal.settings() == terminal.before


def test_hostile_names_draw_nothing(screen, socket_path):
    hostile = usage(HOSTILE, HOSTILE, phase=HOSTILE)
    with Scripted(socket_path, samples(sample(0, usage(HOSTILE, phase=HOSTILE), hostile))):
        terminal = screen("top", columns=200)
        printed = terminal.read_until("q quit")
        assert "\\u{1b}" in printed
        # Once when it begins.
        assert printed.count("\x1b[2J") == 1 and "\u202e" not in printed and "\x9b" not in printed
        terminal.type("q")
        left(terminal, 0)


def test_without_a_terminal_it_says_what_to_do(client, socket_path):
    with Scripted(socket_path, samples(sample(0))) as supervisor:
        outcome = client("top")
        assert not supervisor.calls
    assert outcome.status == 1 and outcome.stdout == ""
    assert only_line(outcome) == (
        "bulkhead: there is no terminal to show anything on (hint: for one sample: "
        "bulkhead top --once; for programs: bulkhead stats --json)")


def test_once_prints_what_two_samples_tell(client, socket_path):
    with Scripted(socket_path, samples(
            sample(0, usage("shop", cpu_us=0)), sample(2, usage("shop", cpu_us=500_000)))):
        outcome = client("top", "--once", "--interval", "100ms")
    assert outcome.status == 0 and not outcome.stderr
    assert outcome.stdout.splitlines()[4].split() == [
        "shop", "25.0%", "1M", "-", "-", "0", "2", "-", "0"]


def test_stats_are_a_table_or_the_reply(client, socket_path):
    reply = sample(0, usage("shop", memory_max_bytes=2 << 20), usage("shop", "web"))
    with Scripted(socket_path, lambda caller, *_: caller.reply(reply)) as supervisor:
        outcome = client("stats")
        assert [line.split()[0] for line in outcome.stdout.splitlines()] == [
            "WORKLOAD", "shop", "shop/web"]
        assert json.loads(client("stats", "shop", "--json").stdout) == reply
    assert supervisor.calls == [("Stats", {}, False), ("Stats", {"project": "shop"}, False)]


def test_stats_follow_as_lines_until_nobody_reads(client, socket_path):
    with Scripted(socket_path, samples(*(sample(each) for each in range(3)))) as supervisor:
        process = client.start("stats", "--json", "-f", "--interval", "250ms")
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.kill()
        process.wait()
        eventually(lambda: supervisor.calls, "it was asked")
    assert lines == [sample(each) for each in range(3)]
    assert supervisor.calls[0] == ("Stats", {"interval_ms": 250, "follow": True}, True)


def test_hostile_stats_drive_no_terminal(client, socket_path):
    hostile = sample(0, usage(HOSTILE, phase=HOSTILE), usage(HOSTILE, HOSTILE))
    with Scripted(socket_path, lambda caller, *_: caller.reply(hostile)):
        outcome = client("stats")
    assert outcome.status == 0 and drives_no_terminal(outcome.stdout)
