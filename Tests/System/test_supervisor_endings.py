"""How services, tasks and commands are ended, and what is done about those that end by themselves,
also when the supervisor that was at it is killed."""

import time

import pytest

from harness.daemon import Refused, eventually
from harness.shop import (LATER, await_phase, await_service, processes, running, runs_of, services_of, sh,
                          start)

# Never ends when it is asked to, and its grandchild has left its session.
STUBBORN = sh("trap '' TERM HUP INT; "
              "(setsid sh -c \"trap '' TERM HUP; while :; do sleep 4721; done\" &); "
              "touch /tmp/up; while :; do sleep 4721; done")
IDLE = "while :; do sleep 0.05; done"
UP = {"readiness": {"exec": ["/usr/bin/test", "-e", "/tmp/up"], "interval": "100ms"}}


def execute(daemon, script, **parameters):
    """A connection on which a command runs whose output nobody sees."""
    connection = daemon.connect()
    connection.send("Execute", {"project": "shop", "command": sh(script), "logged": True,
                                **parameters}, more=True)
    return connection, connection.result()["run"]


def end_of(daemon, run):
    ended = daemon.call("Wait", {"run": run})
    return ended["exit_status"], ended["cause"]


# MARK: Services


def test_a_stop_is_a_signal_then_a_grace_then_the_kill_of_the_whole_tree(daemon):
    start(daemon, {
        "stubborn": {"command": STUBBORN, "grace": "500ms", "health": UP},
        "told": {"command": sh("trap 'exit 5' INT; trap 'exit 6' TERM; touch /tmp/told; "
                               "while :; do sleep 0.05; done"), "stop_signal": "SIGINT",
                 "health": {"readiness": {"exec": ["/usr/bin/test", "-e", "/tmp/told"],
                                          "interval": "100ms"}}},
        # Ends at once, but leaves somebody behind.
        "careless": {"command": sh("(setsid sleep 4722 &); touch /tmp/left; exec sleep infinity"),
                     "grace": "1h"},
    })
    daemon.await_ready("shop")
    eventually(lambda: running(daemon, "sleep 4722"), "its grandchild runs")
    daemon.call("Stop", {"project": "shop", "service": "careless", "wait": True})
    eventually(lambda: not processes(daemon, "sleep 4722"), "nothing is left of it")
    daemon.call("Stop", {"project": "shop", "service": "stubborn", "wait": True})
    eventually(lambda: not processes(daemon, "sleep 4721"), "nothing is left of it")
    assert services_of(daemon)["stubborn"]["phase"] == "held"
    assert services_of(daemon)["told"]["ready"]
    daemon.call("Stop", {"project": "shop", "service": "told", "wait": True})
    ends = {name: [run["exit_status"] for run in runs_of(daemon, name)]
            for name in ("stubborn", "told", "careless")}
    assert ends == {"stubborn": [137], "told": [5], "careless": [143]}


@pytest.mark.native
def test_each_condition_of_a_restart(daemon):
    services, expected = {}, {}
    for condition, ends in {"no": (), "on-failure": ("bad", "killed"),
                            "always": ("good", "bad", "killed"), "on-unhealthy": ()}.items():
        for end, script in {"good": "exit 0", "bad": "exit 3", "killed": "kill -9 $$"}.items():
            services[f"{condition}-{end}"] = {
                "command": sh(script), "restart": {"condition": condition, **LATER}}
            expected[f"{condition}-{end}"] = (
                "backing-off" if end in ends else "stopped", end == "good" and not ends.count(end))
    # What a one-shot does for others is done when it has ended well.
    services["after-good"] = {"after": ["no-good"]}
    start(daemon, services)
    reasons = {"good": "exited with status 0", "bad": "exited with status 3",
               "killed": "was killed by signal 9"}
    for name, (phase, is_ready) in expected.items():
        now = await_phase(daemon, name, phase)
        assert (now["ready"], now["reason"]) == (is_ready, reasons[name.rpartition("-")[2]]), now
        assert len(runs_of(daemon, name)) == 1
    await_service(daemon, "after-good", lambda each: each["ready"], "was started")


# MARK: Tasks and commands


def test_a_task_is_killed_when_its_time_is_over(daemon):
    start(daemon, {"main": {}}, extra="tasks: { slow: { command: [/bin/sh, -c, "
          "'(setsid sleep 4723 &); trap \"\" TERM; sleep 4723'], time_limit: 700ms } }")
    daemon.await_ready("shop")
    outcome = daemon.cli("run", "-p", "shop", "slow", check=False)
    assert outcome.returncode == 137, outcome
    run = daemon.call("Runs", {"project": "shop"})["runs"][0]
    assert (run["kind"], run["exit_status"]) == ("task", 137)
    assert "time limit of 700ms reached" in run["cause"]
    eventually(lambda: not processes(daemon, "sleep 4723"), "its whole tree has ended")


def test_kill_reaches_the_first_process_or_the_whole_tree(daemon):
    start(daemon, {"main": {}})
    daemon.await_ready("shop")
    connection, run = execute(daemon, f"trap 'exit 9' USR1; (sleep 4724 &); {IDLE}",
                              workload="one")
    with connection:
        eventually(lambda: running(daemon, "sleep 4724"), "it runs")
        daemon.cli("kill", "--signal", "USR1", "shop/one")
        assert connection.result()["exit_status"] == 9
    connection, run = execute(daemon, f"trap '' TERM; (setsid sleep 4725 &); {IDLE}",
                              workload="two")
    with connection:
        eventually(lambda: running(daemon, "sleep 4725"), "it runs")
        assert daemon.call("Kill", {"project": "shop", "workload": "two", "signal": 9,
                                    "whole": True}) == {"signalled": 1}
        assert connection.result()["exit_status"] == 137
    eventually(lambda: not processes(daemon, "sleep 472"), "nothing is left of them")
    assert "killed by uid 0" in end_of(daemon, run)[1]
    with pytest.raises(Refused) as refused:
        daemon.call("Kill", {"project": "shop", "workload": "two"})
    assert refused.value.name == "RunNotFound"


def test_a_command_ends_when_its_caller_goes_away_unless_it_is_detached(daemon):
    start(daemon, {"main": {}})
    daemon.await_ready("shop")
    polite, first = execute(daemon, "sleep 4726")
    stubborn, second = execute(daemon, f"trap '' HUP; (setsid sleep 4727 &); {IDLE}")
    detached, third = execute(daemon, "sleep 4728", detached=True)
    for words in ("sleep 4726", "sleep 4727", "sleep 4728"):
        eventually(lambda: running(daemon, words), f"{words} runs")
    for connection in (polite, stubborn, detached):
        connection.close()
    assert end_of(daemon, first) == (129, "its caller went away")
    assert end_of(daemon, second) == (137, "its caller went away")
    eventually(lambda: not processes(daemon, "sleep 4727"), "nothing is left of it")
    assert processes(daemon, "sleep 4728")
    daemon.call("Kill", {"project": "shop", "run": third})
    assert end_of(daemon, third)[0] == 143


# MARK: While nobody is there


def test_what_was_due_for_services_happens_once_when_the_supervisor_dies(daemon):
    hung = {"exec": sh("(setsid sleep 4731 &); sleep 4731"), "interval": "100ms", "timeout": "8s",
            "failure_threshold": 1}
    start(daemon, {
        "probed": {"health": {"liveness": hung}, "restart": {"condition": "on-unhealthy", **LATER}},
        "stopping": {"command": STUBBORN, "grace": "8s", "health": {"liveness": {
            "exec": ["/usr/bin/test", "!", "-e", "/tmp/up"], "interval": "100ms",
            "failure_threshold": 1}}, "restart": LATER},
        "crashed": {"command": sh("test -e /tmp/once && exec sleep infinity; "
                                  "touch /tmp/once; exit 1"),
                    "restart": {"delay": "8s", "jitter": "0%"}},
    })
    await_phase(daemon, "crashed", "backing-off")
    await_phase(daemon, "stopping", "stopping")
    eventually(lambda: running(daemon, "sleep 4731"), "a check is under way")
    daemon.kill()
    # All of it becomes due.
    time.sleep(9)
    daemon.start()
    assert await_service(daemon, "crashed", lambda each: each["ready"], "runs")["restarts"] == 1
    assert await_phase(daemon, "stopping", "backing-off")["reason"] == \
        "liveness check failed: status 1"
    assert await_phase(daemon, "probed", "backing-off")["reason"] == \
        "liveness check failed: no end within 8s"
    eventually(lambda: not processes(daemon, "sleep 4731") and not processes(daemon, "sleep 4721"),
               "nothing is left of checks and of what was killed")
    # The check that was under way was asked anew, not judged by what nobody saw.
    assert [check["passed"] for check in daemon.service("shop", "probed")["checks"]] == [False]
    assert {name: [run.get("exit_status") for run in runs_of(daemon, name)] for name in
            ("probed", "stopping", "crashed")} == {"probed": [143], "stopping": [137],
                                                   "crashed": [1, None]}


def test_what_was_due_for_commands_happens_when_the_supervisor_dies(daemon):
    start(daemon, {"main": {}})
    daemon.await_ready("shop")
    limited, first = execute(daemon, "(setsid sleep 4732 &); sleep 4732", timeout_ms=3_000,
                             detached=True)
    left, second = execute(daemon, f"trap '' HUP; {IDLE}")
    waited, third = execute(daemon, "sleep 4733; exit 4", token="mine")
    eventually(lambda: running(daemon, "sleep 0.05"), "it runs")
    left.close()
    # The answer to a later call: by then it was seen that the caller had gone.
    daemon.call("List")
    daemon.kill()
    for connection in (limited, waited):
        connection.close()
    daemon.start()
    with daemon.connect() as waiting:
        waiting.send("Wait", {"token": "mine"})
        status, cause = end_of(daemon, first)
        assert status == 137 and "time limit of 3s reached" in cause
        assert end_of(daemon, second) == (137, "its caller went away")
        eventually(lambda: not processes(daemon, "sleep 4732"), "nothing is left of it")
        # Somebody came back for it.
        assert processes(daemon, "sleep 4733")
        daemon.call("Kill", {"project": "shop", "run": third})
        assert waiting.result()["exit_status"] == 143
