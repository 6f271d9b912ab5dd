"""What a supervisor is for: projects come up in order, stay up, and outlive it."""

import os
import signal
import time

import pytest

from harness.daemon import Refused, eventually

SLEEPER = "main: { command: [/bin/sleep, infinity] }"


def test_projects_start_in_the_order_of_their_dependencies(daemon):
    ready = 'main:\n  command: [/bin/sh, -c, "sleep 0.3; touch /tmp/up; sleep infinity"]\n' \
            "  health: { readiness: { file: { path: /tmp/up, max_age: 1h }, interval: 100ms } }"
    daemon.configure("projects:\n"
                     + daemon.project("front", SLEEPER, "dependencies: [back]")
                     + daemon.project("back", ready))
    daemon.start()
    daemon.await_ready("front")
    back, front = daemon.show("back"), daemon.show("front")
    assert back["ready"]
    assert back["services"][0]["uptime_ms"] > front["services"][0]["uptime_ms"]


def test_a_service_that_fails_is_started_again(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    first = daemon.service("shop", "main")
    os.kill(first["pid"], signal.SIGKILL)
    again = eventually(
        lambda: (s := daemon.service("shop", "main")) and s["ready"] and s["restarts"] == 1 and s,
        "it runs again")
    assert again["run"] != first["run"]
    runs = daemon.call("Runs", {"project": "shop"})["runs"]
    ended = [run for run in runs if run["run"] == first["run"]][0]
    assert (ended["state"], ended["exit_status"]) == ("ended", 137)


def test_a_killed_supervisor_loses_nothing(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER)
                     + daemon.project("api-gw", SLEEPER))
    daemon.start()
    before = {name: daemon.await_ready(name) for name in ("shop", "api-gw")}
    daemon.kill()
    daemon.start()
    for name, old in before.items():
        new = daemon.await_ready(name)
        assert new["pid"] == old["pid"]
        assert new["services"][0]["run"] == old["services"][0]["run"]
        assert new["services"][0]["pid"] == old["services"][0]["pid"]
        assert new["services"][0]["restarts"] == 0
        assert new["services"][0]["uptime_ms"] > old["services"][0]["uptime_ms"]


def test_what_ended_while_no_supervisor_was_there_is_known_to_the_next(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", 'main: { command: [/bin/sh, -c, "sleep 1; exit 7"], restart: no }'))
    daemon.start()
    run = eventually(lambda: daemon.service("shop", "main").get("run"), "it runs")
    daemon.kill()
    time.sleep(1.5)
    daemon.start()
    ended = eventually(
        lambda: [r for r in daemon.call("Runs", {"project": "shop"})["runs"]
                 if r["run"] == run and r["state"] == "ended"], "its end is known")
    assert ended[0]["exit_status"] == 7


def test_pause_freezes_and_resume_thaws(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    run = daemon.service("shop", "main")["run"]
    daemon.call("Pause", {"project": "shop"})
    assert daemon.show("shop")["phase"] == "paused"
    with pytest.raises(Refused) as refused:
        daemon.call("Execute", {"project": "shop", "command": ["true"], "logged": True})
    assert refused.value.name == "WrongPhase"
    daemon.call("Resume", {"project": "shop"})
    assert daemon.await_ready("shop")["services"][0]["run"] == run


def test_stop_and_start_wait_for_what_they_did(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    assert daemon.call("Stop", {"project": "shop", "wait": True})["phase"] == "stopped"
    assert "pid" not in daemon.show("shop") or daemon.show("shop")["pid"] is None
    assert daemon.call("Start", {"project": "shop", "wait": True})["phase"] == "active"


def test_a_command_in_a_project_has_the_callers_streams(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    read, write = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    with daemon.connect() as connection:
        connection.send("Execute", {"project": "shop", "command": ["sh", "-c", "echo hi; sleep 0.2; exit 3"]},
                        [null, write, null], more=True)
        os.close(write)
        assert connection.result()["pid"] > 0
        assert connection.result()["exit_status"] == 3
    assert os.read(read, 100) == b"hi\n"
    os.close(read)
    os.close(null)


def test_connections_that_were_handed_to_the_log_reader_are_forgotten(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    for _ in range(20):
        with daemon.connect() as connection:
            connection.send("Logs", {"project": "shop", "lines": 1}, more=True)
            # With a journal or without: an answer comes, of the reader or of its failure.
            assert connection.receive() is not None
    assert daemon.call("Health")["components"][0]["ok"]


def test_a_pause_right_after_a_start_holds_nobody_up(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    begun = 0
    for _ in range(10):
        with daemon.connect() as connection:
            connection.send("Execute", {"project": "shop", "command": ["sleep", "60"],
                                        "logged": True, "detached": True})
            daemon.call("Pause", {"project": "shop"})
            # It began before everything was frozen, or the pause was read first: init is never stuck.
            try:
                assert connection.result()["run"] > 0
                begun += 1
            except Refused as refused:
                assert refused.name == "WrongPhase"
        assert daemon.call("Processes", {"project": "shop"})["processes"]
        daemon.call("Resume", {"project": "shop"})
    assert daemon.call("Kill", {"project": "shop", "signal": 9})["signalled"] == begun + 1


def test_the_end_of_a_services_run_can_be_waited_for(daemon):
    daemon.configure("projects:\n" + daemon.project(
        "shop", 'main: { command: [/bin/sh, -c, "sleep 1; exit 7"], restart: no }'))
    daemon.start()
    run = eventually(lambda: daemon.service("shop", "main").get("run"), "it runs")
    assert daemon.call("Wait", {"run": run})["exit_status"] == 7
