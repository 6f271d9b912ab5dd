"""The command line against a supervisor that misbehaves: what it prints, and what it ends with."""

import json
import os
import pty
import signal
import threading
import time
import tty

import pytest

from harness.scripted import HOSTILE, Scripted, drives_no_terminal, only_line
from harness.terminal import Terminal

pytestmark = pytest.mark.native

# Not there, not for us, not understood.


@pytest.mark.parametrize("arguments,status", [
    (["projects"], 4), (["status", "shop"], 4), (["logs"], 4), (["config", "diff"], 4),
    (["exec", "shop", "true"], 125), (["run", "-p", "shop", "t"], 125), (["attach", "shop"], 125)])
def test_a_supervisor_that_does_not_run_is_said_so(client, socket_path, arguments, status):
    outcome = client(*arguments)
    assert outcome.status == status and outcome.stdout == ""
    assert only_line(outcome) == (
        f"bulkhead: the supervisor does not run: nobody listens at '{socket_path}' "
        "(hint: start it: systemctl start bulkhead)")


@pytest.mark.both
def test_a_socket_that_is_not_for_us_names_the_group(client, socket_path, on_machine):
    with Scripted(socket_path, lambda *_: None):
        os.chmod(socket_path, 0o600)
        outcome = client("projects", preexec_fn=lambda: os.setuid(65534))
    assert outcome.status == 4
    assert "permission denied" in only_line(outcome) and "group bulkhead" in only_line(outcome)


def test_the_option_wins_over_the_environment(client, tmp_path):
    with Scripted(tmp_path / "other", lambda caller, *_: caller.reply({"projects": []})):
        outcome = client("projects", "--socket", str(tmp_path / "other"))
    assert (outcome.status, outcome.stdout) == (
        0, "no projects yet: bulkhead register NAME PATH\n")


@pytest.mark.parametrize("reply", [
    b"nonsense\0", b"{}\0", b"[]\0", b'{"parameters":[]}\0', b'{"parameters":{"projects":7}}\0',
    b'{"parameters":{"projects":[1,{"name":2}]}}\0', b"\xff\0", b'{"error":7}\0', b"\0",
    b"[" * 100_000 + b"\0"])
def test_nonsense_for_a_reply_is_survived(client, socket_path, reply):
    with Scripted(socket_path, lambda caller, *_: caller.raw(reply)):
        outcome = client("projects")
    assert outcome.status in (0, 1), outcome
    assert outcome.status == 0 or len(outcome.errors) == 1


def test_a_connection_that_ends_is_told(client, socket_path):
    with Scripted(socket_path, lambda caller, *_: caller.connection.shutdown(2)):
        outcome = client("ps")
    assert outcome.status == 4
    assert only_line(outcome).startswith(
        f"bulkhead: the supervisor at '{socket_path}' ended the connection")


@pytest.mark.parametrize("name,parameters,status,text", [
    ("ProjectNotFound", {"project": "shop", "hint": "h"}, 3,
     "bulkhead: there is no project 'shop' (hint: h)"),
    ("ServiceNotFound", {"project": "shop", "service": "w", "hint": ""}, 3,
     "bulkhead: project 'shop' has no service 'w'"),
    ("RunNotFound", {"hint": ""}, 3, "bulkhead: there is no such run"),
    ("Timeout", {"message": "still starting", "hint": "it goes on"}, 5,
     "bulkhead: still starting (hint: it goes on)"),
    ("WrongPhase", {"message": "no", "hint": ""}, 1, "bulkhead: no"),
    ("NotStarted", {"message": "m", "hint": ""}, 1, "bulkhead: m"),
    ("SomethingNew", {}, 1, "bulkhead: the supervisor refused: SomethingNew"),
    ("Failed", {"message": HOSTILE, "hint": HOSTILE}, 1, None)])
def test_a_refusal_has_its_status_and_its_words(client, socket_path, name, parameters, status, text):
    with Scripted(socket_path, lambda caller, *_: caller.fail(name, **parameters)):
        outcome = client("stop", "shop")
    assert outcome.status == status
    assert text is None or only_line(outcome) == text
    assert drives_no_terminal(outcome.stderr)


def test_each_problem_of_a_configuration_has_its_line(client, socket_path):
    with Scripted(socket_path, lambda caller, *_: caller.fail(
            "ConfigurationInvalid", problems=["a.yaml:1:2: one", f"two{HOSTILE}"])):
        outcome = client("config", "apply")
    assert outcome.status == 1
    assert outcome.errors[0] == "bulkhead: the configuration is refused, and nothing was changed"
    assert outcome.errors[1] == "  a.yaml:1:2: one"
    assert len(outcome.errors) == 3 and drives_no_terminal(outcome.stderr)


# What it prints.


def hostile_project():
    return {"name": HOSTILE, "title": HOSTILE, "path": HOSTILE, "phase": HOSTILE, "reason": HOSTILE,
            "ready": True, "priority": HOSTILE, "dependencies": [HOSTILE],
            "services": [{"name": HOSTILE, "phase": HOSTILE, "reason": HOSTILE, "health": HOSTILE,
                          "breaker": HOSTILE, "checks": [
                              {"purpose": "liveness", "at_ms": 1, "passed": False,
                               "reason": HOSTILE}]}]}


def everything_hostile(caller, method, _parameters, _more):
    replies = {
        "List": {"projects": [hostile_project()]}, "Show": {"project": hostile_project()},
        "Health": {"components": [{"name": HOSTILE, "ok": False, "text": HOSTILE}]},
        "Processes": {"processes": [{"project": HOSTILE, "workload": HOSTILE, "state": HOSTILE,
                                     "command": HOSTILE, "pid": 1}]},
        "Runs": {"runs": [{"run": 1, "project": HOSTILE, "workload": HOSTILE, "kind": HOSTILE,
                           "command": [HOSTILE], "state": HOSTILE, "cause": HOSTILE}]},
        "Logs": {"line": {"at_us": 1, "project": HOSTILE, "workload": HOSTILE, "priority": 3,
                          "message": HOSTILE}},
        "Watch": {"at_us": 1, "project": HOSTILE, "severity": 3, "kind": HOSTILE, "text": HOSTILE},
        "ConfigurationPlan": {"changes": [{"project": HOSTILE, "verb": HOSTILE, "detail": HOSTILE}],
                              "unused": [HOSTILE]},
        "ConfigurationHistory": {"versions": [{"version": 1, "via": HOSTILE, "summary": HOSTILE}]},
        "Start": {"phase": HOSTILE}, "Register": {"file": HOSTILE, "version": 1},
        "Execute": {"run": 1, "workload": HOSTILE},
    }
    caller.reply(replies[method])


@pytest.mark.parametrize("line", [
    "projects", "projects --names", "status --names", "status shop", "status", "ps", "runs", "logs",
    "watch", "config diff", "config history", "start shop", "register shop /x",
    "exec shop --detach true"])
def test_nothing_that_is_told_drives_the_terminal(client, socket_path, line):
    with Scripted(socket_path, everything_hostile):
        outcome = client(*line.split())
        assert outcome.status == 0 and outcome.stdout, outcome
        assert drives_no_terminal(outcome.stdout + outcome.stderr)


@pytest.mark.parametrize("line", ["projects", "status shop", "ps", "runs", "logs", "watch", "status",
                                  "config diff", "config history", "start shop"])
def test_json_is_the_reply_in_one_line(client, socket_path, line):
    with Scripted(socket_path, everything_hostile) as supervisor:
        outcome = client(*line.split(), "--json")
        assert supervisor.calls
    assert outcome.status == 0
    assert outcome.stdout.count("\n") == 1 and outcome.stdout.endswith("\n")
    assert HOSTILE in json.dumps(json.loads(outcome.stdout), ensure_ascii=False).encode().decode(
        "unicode_escape", "ignore") or json.loads(outcome.stdout)


def test_a_reader_that_has_enough_ends_a_stream(client, socket_path):
    def script(caller, *_):
        for _ in range(200_000):
            caller.reply({"line": {"at_us": 1, "project": "p", "workload": "w", "priority": 6,
                                   "message": "m" * 100}}, continues=True)

    with Scripted(socket_path, script):
        process = client.start("logs", "-f")
        process.stdout.readline()
        process.stdout.close()
        # By SIGPIPE, or quietly where a parent ignores that.
        assert process.wait(60) in (0, -signal.SIGPIPE)
        assert process.stderr.read() == b""
        process.stderr.close()


# Commands in a sandbox, when the supervisor goes away.


def started(caller):
    caller.reply({"run": 7, "workload": "exec-7", "pid": 1}, continues=True)


def test_the_end_is_told_by_the_next_supervisor(client, socket_path):
    gone = threading.Event()

    def first(caller, method, _parameters, _more):
        assert method == "Execute"
        started(caller)
        gone.set()
        time.sleep(0.2)
        caller.connection.shutdown(2)

    def second(caller, method, parameters, _more):
        assert method == "Wait" and len(parameters["token"]) == 32
        time.sleep(0.3)
        caller.reply({"run": 7, "exit_status": 9, "cause": "exited with status 9"})

    with Scripted(socket_path, first) as supervisor:
        process = client.start("exec", "shop", "--", "x")
        assert gone.wait(60)
        supervisor.stop()
    time.sleep(1)
    with Scripted(socket_path, second):
        outcome = client.finish(process)
    assert outcome.status == 9 and outcome.errors == [], outcome


@pytest.mark.parametrize("was_started,words", [
    (False, "the supervisor ended before the command was started"),
    (True, "the supervisor was restarted and does not know the command any more")])
def test_a_run_that_the_next_supervisor_does_not_know_is_said_so(client, socket_path, was_started, words):
    def script(caller, method, _parameters, _more):
        if method == "Wait":
            return caller.fail("RunNotFound", hint="")
        if was_started:
            started(caller)
        return caller.connection.shutdown(2)

    with Scripted(socket_path, script):
        outcome = client("exec", "shop", "--", "x")
    assert outcome.status == 125
    assert words in only_line(outcome)


@pytest.mark.parametrize("status,expected", [(127, 127), (126, 126), (None, 125), (3, 125)])
def test_a_command_that_did_not_start_ends_as_a_shell_says(client, socket_path, status, expected):
    extra = {} if status is None else {"exit_status": status}
    with Scripted(socket_path, lambda caller, *_: caller.fail(
            "NotStarted", project="shop", message="not found", hint="", **extra)):
        outcome = client("exec", "shop", "--", "x")
    assert outcome.status == expected
    assert only_line(outcome) == "bulkhead: not found"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_is_passed_on(client, socket_path, number):
    signals = []
    executing = threading.Event()
    passed = threading.Event()

    def script(caller, method, parameters, _more):
        if method == "Kill":
            signals.append(parameters)
            caller.reply({"signalled": 1})
            return passed.set()
        started(caller)
        executing.set()
        assert passed.wait(60)
        return caller.reply({"run": 7, "exit_status": 128 + number, "cause": "killed"})

    with Scripted(socket_path, script):
        process = client.start("exec", "shop", "--", "x")
        assert executing.wait(60)
        process.send_signal(number)
        outcome = client.finish(process)
    assert outcome.status == 128 + number
    assert signals == [{"project": "shop", "run": 7, "signal": number}]


def test_a_signal_that_nobody_can_pass_on_ends_the_wait(client, socket_path):
    executing = threading.Event()

    def script(caller, *_):
        started(caller)
        executing.set()
        time.sleep(0.2)
        caller.connection.shutdown(2)

    with Scripted(socket_path, script) as supervisor:
        process = client.start("exec", "shop", "--", "x")
        assert executing.wait(60)
        supervisor.stop()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    outcome = client.finish(process)
    assert outcome.status == 125
    assert "the command goes on as run 7" in only_line(outcome)


def test_a_terminal_of_the_host_is_never_sent(client, socket_path):
    kinds = []

    def script(caller, _method, _parameters, _more):
        kinds.extend(os.isatty(number) for number in caller.descriptors)
        os.write(caller.descriptors[1], b"out\n")
        for number in caller.descriptors:
            os.close(number)
        caller.descriptors = []
        started(caller)
        caller.reply({"run": 7, "exit_status": 0, "cause": ""})

    terminal = Terminal()
    try:
        with Scripted(socket_path, script):
            process = terminal.start(client.bulkhead, "exec", "shop", "-i", "--", "x",
                                     env=client.environment)
            terminal.read_until("out")
            assert process.wait(60) == 0
    finally:
        terminal.close()
    assert kinds == [False, False, False]


@pytest.mark.both
def test_a_terminal_of_the_sandbox_is_carried_and_put_back(client, socket_path):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)

    def script(caller, method, parameters, _more):
        if method == "Wait":
            return caller.reply({"run": 7, "exit_status": 4, "cause": "exited with status 4"})
        assert parameters["terminal"] and (parameters["rows"], parameters["columns"]) == (24, 80)
        caller.reply({"run": 7, "workload": "w", "pid": 1}, continues=True, descriptor=ours)
        assert os.read(theirs, 100) == b"q"
        os.write(theirs, b"bye")
        time.sleep(0.2)
        return caller.reply({"run": 7, "exit_status": 4, "cause": "exited with status 4"})

    terminal = Terminal()
    before = terminal.settings()
    try:
        with Scripted(socket_path, script):
            process = terminal.start(client.bulkhead, "exec", "shop", "-ti", "--", "x",
                                     env=client.environment)
            terminal.type("q")
            terminal.read_until("bye")
            os.close(theirs)
            assert process.wait(60) == 4
        assert terminal.settings() == before
    finally:
        terminal.close()
        os.close(ours)


def test_an_attached_terminal_is_left_by_its_key(client, socket_path):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)

    def script(caller, method, _parameters, _more):
        if method == "Attach":
            caller.reply({"run": 7, "workload": "console"}, descriptor=ours)

    terminal = Terminal()
    before = terminal.settings()
    try:
        with Scripted(socket_path, script):
            process = terminal.start(client.bulkhead, "attach", "shop/console",
                                     env=client.environment)
            os.write(theirs, b"welcome")
            terminal.read_until("welcome")
            terminal.type("a\x1db")
            terminal.read_until("shop/console goes on")
            assert process.wait(60) == 0
        assert terminal.settings() == before
        assert os.read(theirs, 100) == b"a"
    finally:
        terminal.close()
        os.close(ours)
        os.close(theirs)
