"""Health checks, and what follows from them."""

import json
import os
import pathlib
import shutil
import signal
import socket
import time

import pytest

from harness.daemon import eventually
from harness.shop import (LATER, SLEEP, await_phase, await_service, processes, running, runs_of,
                          services_of, sh, start)

LISTENERS = pathlib.Path(__file__).parent / "harness/listeners.py"
# Asked often, decided at once, and cut before anybody loses patience, but not where a busy emulated
# machine takes seconds to start a program.
QUICK = {"interval": "100ms", "timeout": "8s", "failure_threshold": 1}
NOTIFY = (
    "import os, socket, sys, time\n"
    "out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    "out.connect(os.environ['NOTIFY_SOCKET'])\n"
    "while not os.path.exists(sys.argv[1]): time.sleep(0.02)\n"
    "out.send(b'READY=1\\nSTATUS=here')\n"
    "while not os.path.exists(sys.argv[2]): out.send(b'WATCHDOG=1'); time.sleep(0.1)\n"
    "time.sleep(1000000)\n")


def check_results(daemon, passing, failing):
    """Each of `passing` becomes ready; each of `failing`, name → reason, never does."""

    def settled():
        now = services_of(daemon)
        return all(now[name]["ready"] for name in passing) and all(
            any(reason in check["reason"] for check in now[name]["checks"])
            for name, reason in failing.items()) and now

    end = time.monotonic() + 60
    while not (now := settled()):
        assert time.monotonic() < end, {n: (s["phase"], s["ready"], s["checks"][-2:])
                                        for n, s in services_of(daemon).items()}
        time.sleep(0.05)
    for name in failing:
        assert not now[name]["ready"] and now[name]["health"] != "healthy", now[name]
        assert not any(check["passed"] for check in now[name]["checks"]), now[name]
    # Readiness ends nobody.
    assert all(each["restarts"] == 0 for each in now.values())


# MARK: What is asked


@pytest.mark.native
def test_ports_are_asked_inside_the_project(daemon):
    modes = ["ok", "moved", "error", "garbage", "six", "close", "drip", "flood", "mute"]
    ports = {mode: 8001 + index for index, mode in enumerate(modes)}
    with socket.socket() as outside:
        # On the host, where somebody does listen.
        outside.bind(("127.0.0.1", 0))
        outside.listen()
        outside.settimeout(0.01)
        ports["outside"] = outside.getsockname()[1]
        services = {"all": {"command": ["/usr/bin/python3", "listeners.py",
                                        *(f"{mode}:{ports[mode]}" for mode in modes)]}}
        for kind in ("http", "tcp"):
            for mode, port in ports.items():
                services[f"{kind}-{mode}"] = {"health": {"readiness": {
                    kind: {"port": port, "path": "/up?x=1"} if kind == "http" else port, **QUICK}}}
        shutil.copy(LISTENERS, daemon.project_directory("shop") / "listeners.py")
        start(daemon, services)
        await_service(daemon, "tcp-mute", lambda each: each["ready"], "its listener is up")
        check_results(
            daemon, ["http-ok", "http-moved", "http-six", *(f"tcp-{mode}" for mode in modes)],
            {"http-error": "HTTP status 500", "http-garbage": "no HTTP answer",
             "http-close": "closed before it answered", "http-drip": "no answer within 8s",
             "http-flood": "no HTTP answer", "http-mute": "no answer within 8s",
             "http-outside": "ECONNREFUSED", "tcp-outside": "ECONNREFUSED"})
        with pytest.raises(TimeoutError):
            outside.accept()


def test_commands_are_asked_inside_and_leave_nothing_behind(daemon):
    def exec_check(script, **keys):
        check = {"exec": sh(script), "interval": "1h", "timeout": "60s", "failure_threshold": 1}
        return {"health": {"readiness": {**check, **keys}}}

    start(daemon, {
        "good": exec_check("setsid sleep 4711 & exit 0"),
        "bad": exec_check("exit 3"),
        "hung": exec_check("trap '' TERM; (setsid sleep 4712 &) ; sleep 4712", timeout="1s"),
        "absent": {"health": {"readiness": {"exec": ["/no/such"], **QUICK}}},
        "slow": exec_check("sleep 4713", timeout="1h"),
    })
    found = eventually(lambda: running(daemon, "sleep 4713"), "a check is under way")
    top = daemon.show("shop")["cgroup"]
    assert all(place.startswith(top + "/") for _, place in found), found
    check_results(daemon, ["good"], {"bad": "status 3", "hung": "no end within 1s",
                                     "absent": "/no/such"})
    eventually(lambda: not processes(daemon, "sleep 4711") and not processes(daemon, "sleep 4712"),
               "the trees of checks that are over have ended")
    assert processes(daemon, "sleep 4713")
    # No row of a check among the runs that people asked for.
    assert {run["kind"] for run in daemon.call("Runs", {"project": "shop"})["runs"]} == {"service"}


def test_a_check_is_over_at_its_timeout_whoever_sleeps(daemon):
    path = daemon.project_directory("shop")
    check = {"exec": sh(f"test ! -e {path}/hang || sleep 4715"), **QUICK}
    start(daemon, {"main": {"health": {"readiness": check}}})
    init = daemon.await_ready("shop")["pid"]
    # What init is asked now, it begins when it wakes up.
    os.kill(init, signal.SIGSTOP)
    (path / "hang").touch()
    try:
        for reason in ("no end within 8s", "the last one has still not ended"):
            await_service(daemon, "main", lambda each: any(
                reason in check["reason"] for check in each["checks"]), reason)
        assert not daemon.show("shop")["ready"]
    finally:
        os.kill(init, signal.SIGCONT)
    (path / "hang").unlink()
    daemon.await_ready("shop")
    eventually(lambda: not processes(daemon, "sleep 4715"), "what began late was killed")


@pytest.mark.native
def test_heartbeat_files_are_looked_at_inside(daemon):
    outside = daemon.directory / "outside"
    outside.write_text("fresh")

    def file_check(path, age="1h"):
        return {"health": {"readiness": {"file": {"path": path, "max_age": age}, **QUICK}}}

    start(daemon, {
        "maker": {"command": sh(
            # Not in /tmp itself: in a sticky directory the kernel follows nobody else's links
            # (fs.protected_symlinks, proc(5)).
            # Moved into place at the end: touch makes a file with the time of now first.
            "mkdir /tmp/made; cd /tmp/made; "
            "touch -d '2 hours ago' old; ln -s /tmp/d/beat link; "
            f"ln -s ../../../../../../../../..{outside} up; ln -s {outside} out; "
            "ln -s /proc/self/root/tmp/d/beat magic; ln -s loop loop; "
            # Times that do not fit into nanoseconds, or whose distance from now does not.
            "touch -d @-8500000000 ancient; touch -d @-9300000000 primeval; "
            "touch -d @9300000000 future; mv /tmp/made /tmp/d; "
            "while :; do touch beat; sleep 0.1; done")},
        "fresh": file_check("/tmp/d/beat", "30s"), "link": file_check("/tmp/d/link", "30s"),
        **{name: file_check(f"/tmp/d/{name}")
           for name in ("old", "ancient", "primeval", "future", "none", "up", "out", "magic",
                        "loop")},
    })
    check_results(daemon, ["fresh", "link", "future"],
                  {"old": " old", "ancient": " old", "primeval": " old", "none": "ENOENT",
                   "up": "ENOENT", "out": "ENOENT", "magic": "/tmp/d/magic", "loop": "ELOOP"})


def test_services_say_how_they_are(daemon):
    def notifier(name, **health):
        path = daemon.project_directory("shop")
        return {"command": ["/usr/bin/python3", "-c", NOTIFY, f"{path}/go", f"{path}/{name}"],
                "health": {"notify": True, **health},
                "restart": {"condition": "on-unhealthy", **LATER}}

    directory = start(daemon, {
        "told": notifier("never"),
        "silent": {"health": {"notify": True, "start_timeout": "500ms"}, "restart": "no"},
        "watched": notifier("hush", watchdog="3s"),
        # What it says has to be asked for.
        "plain": {"command": sh("test -z \"$NOTIFY_SOCKET$WATCHDOG_USEC\" && sleep infinity")},
        "behind": {"after": ["told"]},
    })
    silent = await_phase(daemon, "silent", "stopped")
    assert silent["reason"] == "did not say READY=1 within 500ms"
    now = services_of(daemon)
    assert now["plain"]["phase"] == "running" and now["behind"]["phase"] == "waiting"
    assert now["told"]["phase"] == "running" and not now["told"]["ready"]
    (directory / "go").touch()
    for name in ("told", "watched", "behind"):
        await_service(daemon, name, lambda each: each["ready"], "is ready")
    # Said before a supervisor died, known to the next.
    before = services_of(daemon)
    daemon.kill()
    daemon.start()
    for name in ("told", "watched", "behind"):
        after = daemon.service("shop", name)
        assert (after["ready"], after["run"]) == (True, before[name]["run"]), after
    (directory / "hush").touch()
    assert await_phase(daemon, "watched", "backing-off")["reason"] == \
        "did not say WATCHDOG=1 within 3s"
    assert daemon.service("shop", "told")["run"] == before["told"]["run"]


# MARK: What follows


@pytest.mark.native
def test_a_check_that_hangs_leads_to_what_the_policy_says(daemon):
    hung = {"exec": sh("sleep 4714"), "interval": "100ms", "timeout": "200ms",
            "failure_threshold": 2}
    mute = {**hung, "http": 8009}
    del mute["exec"]
    services = {"mute": {"command": ["/usr/bin/python3", "listeners.py", "mute:8009"]}}
    for name, check in (("exec", hung), ("http", mute)):
        for condition in ("no", "on-failure", "always", "on-unhealthy"):
            services[f"{name}-{condition}"] = {
                "after": ["mute"], "restart": {"condition": condition, **LATER},
                "health": {"liveness": check}}
    services["mute"]["health"] = {"readiness": {"tcp": 8009, **QUICK}}
    shutil.copy(LISTENERS, daemon.project_directory("shop") / "listeners.py")
    start(daemon, services)
    for name in list(services)[1:]:
        now = await_phase(daemon, name, "stopped" if name.endswith("-no") else "backing-off")
        # What is not over when the next one is due is the same answer.
        assert now["reason"].startswith("liveness check failed: "), now
        assert "within 200ms" in now["reason"] or "still not ended" in now["reason"], now
        assert [check["passed"] for check in now["checks"]] == [False, False]
        assert [run["exit_status"] for run in runs_of(daemon, name)] == [143]
    eventually(lambda: not processes(daemon, "sleep 4714"), "the checks have ended")


@pytest.mark.native
def test_a_startup_check_comes_before_the_others(daemon):
    path = daemon.project_directory("shop")
    path.chmod(0o777)
    patient = {"exec": sh(f"test -e {path}/up"), **QUICK, "failure_threshold": 1000}
    asked = {"exec": sh(f"echo x >>{path}/asked"), **QUICK}
    start(daemon, {
        "main": {"health": {"startup": patient, "readiness": asked,
                            "liveness": {"exec": sh(f"test -e {path}/alive"), **QUICK}},
                 "restart": "no"},
        "impatient": {"health": {"startup": {**patient, "failure_threshold": 2}},
                      "restart": {"condition": "on-unhealthy", **LATER}},
        "late": {"after": ["main"]},
    })
    main = await_service(daemon, "main", lambda each: len(each["checks"]) > 3, "is asked")
    assert {check["purpose"] for check in main["checks"]} == {"startup"}
    assert not (path / "asked").exists()
    assert daemon.service("shop", "late")["reason"] == "waits for main"
    reason = await_phase(daemon, "impatient", "backing-off")["reason"]
    assert reason == "startup check failed: status 1"
    (path / "alive").touch()
    (path / "up").touch()
    await_service(daemon, "late", lambda each: each["ready"], "is ready")
    assert (path / "asked").exists()
    # Never asked again, so it cannot fail any more.
    (path / "up").unlink()
    (path / "alive").unlink()
    assert await_phase(daemon, "main", "stopped")["reason"] == "liveness check failed: status 1"


@pytest.mark.native
def test_dependants_wait_for_readiness_which_ends_nobody(daemon):
    path = daemon.project_directory("shop")
    start(daemon, {"web": {"after": ["db"]},
                   "db": {"health": {"readiness": {"exec": sh(f"test -e {path}/up"), **QUICK}}}},
          more=daemon.project("front", f"main: {json.dumps({'command': SLEEP})}",
                              "dependencies: [shop]"))
    await_service(daemon, "db", lambda each: each["checks"], "is asked")
    assert daemon.service("shop", "web")["reason"] == "waits for db"
    assert daemon.show("front")["reason"] == "waits for shop"
    (path / "up").touch()
    daemon.await_ready("front")
    before = services_of(daemon)
    (path / "up").unlink()
    await_service(daemon, "db", lambda each: each["health"] == "unhealthy", "is unhealthy")
    (path / "up").touch()
    daemon.await_ready("front")
    assert {n: s["run"] for n, s in services_of(daemon).items()} \
        == {n: s["run"] for n, s in before.items()}


def test_a_freeze_makes_nobody_unhealthy(daemon):
    check = {"interval": "100ms", "timeout": "4s", "failure_threshold": 1}
    shutil.copy(LISTENERS, daemon.project_directory("shop") / "listeners.py")
    services = {
        "asked": {"health": {"liveness": {"exec": sh("sleep 0.7"), **check}}},
        # Emulated, it may take its time before it listens.
        "told": {"health": {"startup": {"http": 8001, **check, "failure_threshold": 600},
                            "liveness": {"http": 8001, **check}},
                 "command": ["/usr/bin/python3", "listeners.py", "late:8001"]},
        "watched": {"health": {"watchdog": "4s"},
                    "command": ["/usr/bin/python3", "-c", NOTIFY, "/", "/never"]},
    }
    start(daemon, services)
    for name in ("asked", "told"):
        await_service(daemon, name, lambda each: each["checks"] and each["checks"][-1]["passed"],
                      "is asked and passes")
    await_service(daemon, "watched", lambda each: each["health"] == "healthy", "says so")
    runs = {name: each["run"] for name, each in services_of(daemon).items()}
    for _ in range(2):
        eventually(lambda: running(daemon, "sleep 0.7"), "it is being asked")
        daemon.call("Pause", {"project": "shop"})
        # Longer than any check may take, and than the watchdog waits.
        time.sleep(5)
        daemon.call("Resume", {"project": "shop"})
        count = len(daemon.service("shop", "asked")["checks"])
        await_service(daemon, "asked", lambda each: len(each["checks"]) > count,
                      "is asked again")
    after = services_of(daemon)
    assert {name: each["run"] for name, each in after.items()} == runs, after
    assert not any("within" in check["reason"] for each in after.values()
                   for check in each["checks"]), after


def cpu_seconds(daemon):
    fields = pathlib.Path(f"/proc/{daemon.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.native
def test_a_service_that_crashes_again_and_again_is_parked(daemon):
    path = daemon.project_directory("shop")
    crasher = {"command": sh(f"test -e {path}/ok && exec sleep infinity"),
               "health": {"readiness": {"exec": ["/usr/bin/test", "-e", f"{path}/ok"], **QUICK}},
               "restart": {"delay": "100ms", "delay_max": "1h", "jitter": "0%"},
               "breaker": {"failures": 6, "window": "1h", "cooldown": "2s", "proof": "300ms"}}
    start(daemon, {"crash": crasher, "behind": {"after": ["crash"]},
                   "stuck": {**crasher, "breaker": {**crasher["breaker"], "cooldown": "1h"}}})
    parked = await_phase(daemon, "stuck", "parked")
    assert (parked["reason"], parked["breaker"]) == ("exited with status 1", "open")
    assert parked["next_start_ms"] > 3_000_000
    assert daemon.service("shop", "behind")["reason"] == "waits for crash, which is parked"
    runs = runs_of(daemon, "stuck")
    gaps = [(after["started_at_us"] - before["ended_at_us"]) / 1_000
            for before, after in zip(runs, runs[1:])]
    assert len(gaps) == 5 and gaps[4] > 4 * gaps[0]
    assert all(gap > 95 << number for number, gap in enumerate(gaps)), gaps
    # One run each time the other one's breaker is half open, and the delay again between them.
    eventually(lambda: len(runs_of(daemon, "crash")) >= 8, "it was given two more runs")
    runs = runs_of(daemon, "crash")
    assert all(after["started_at_us"] - before["ended_at_us"] > 1_900_000
               for before, after in zip(runs[5:], runs[6:])), runs
    assert len(runs_of(daemon, "behind")) == 0
    # Parked under one supervisor, and so under the next.
    daemon.kill()
    daemon.start()
    assert daemon.service("shop", "stuck")["phase"] == "parked"
    assert len(runs_of(daemon, "stuck")) == 6
    (path / "ok").touch()
    await_service(daemon, "crash", lambda each: each["ready"] and each["breaker"] == "closed",
                  "has proved itself")
    await_service(daemon, "behind", lambda each: each["ready"], "is no longer held")
    daemon.cli("start", "shop/stuck")
    await_service(daemon, "stuck", lambda each: each["ready"] and each["breaker"] == "closed",
                  "was started by hand and has proved itself")
    assert len(runs_of(daemon, "stuck")) == 7


def test_a_parked_service_costs_nothing(daemon):
    start(daemon, {"stuck": {"command": sh("exit 1"),
                             "restart": {"delay": "10ms", "delay_max": "10ms"},
                             "breaker": {"failures": 3, "window": "1h", "cooldown": "1h"}}})
    await_phase(daemon, "stuck", "parked")
    began, spent = time.monotonic(), cpu_seconds(daemon)
    time.sleep(2)
    spent, elapsed = cpu_seconds(daemon) - spent, time.monotonic() - began
    # It is nothing; whoever spins has half of a busy machine at least.
    assert spent < 0.2 * elapsed, (spent, elapsed)
