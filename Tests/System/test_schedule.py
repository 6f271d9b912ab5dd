"""Who may run, and who gets what: what needs no controllers."""

import contextlib
import os
import signal
import sqlite3
import time

import pytest

from harness.daemon import Refused, eventually

SLEEPER = "web: { command: [/bin/sleep, infinity] }"
# Looks and decides every second, so that tests do not wait.
QUICK = "scheduling_interval_seconds: 1, resource_rebalance_interval_seconds: 1"


def configure(daemon, projects, settings=""):
    """Projects by name, each with what is added to it."""
    lines = [f"global: {{ {QUICK}{', ' if settings else ''}{settings} }}", "projects:"]
    for name, more in projects.items():
        text = daemon.project(name, SLEEPER, more)
        if "memory_min" in more:
            # In place of the limits that any host can do.
            text = text.replace("    limits: { allow_unlimited: true }\n", "", 1)
        lines.append(text.rstrip("\n"))
    daemon.configure("\n".join(lines) + "\n")


def start(daemon, projects, settings=""):
    configure(daemon, projects, settings)
    daemon.start()


def phases(daemon):
    return {each["name"]: each["phase"] for each in daemon.call("List")["projects"]}


def queue(daemon):
    return [each["project"] for each in daemon.call("Queue")["waiting"]]


def active(daemon, *names):
    return lambda: all(phases(daemon)[name] == "active" for name in names)


def limit(daemon, project, name):
    (quota,) = daemon.call("QuotaShow", {"project": project})["quotas"]
    for each in quota["limits"]:
        if each["name"] == name and "workload" not in each:
            return each["configured"], each["source"]
    return None


def refused(daemon, method, parameters):
    with pytest.raises(Refused) as refusal:
        daemon.call(method, parameters)
    return refusal.value


# MARK: Places


def test_who_does_not_fit_waits_and_comes_next(daemon):
    start(daemon, {"a": "", "b": "", "c": "priority: low\n", "d": "priority: high\n"},
          "max_concurrent_projects: 2")
    eventually(lambda: sum(p == "active" for p in phases(daemon).values()) == 2, "two run")
    # More important ones come first.
    assert phases(daemon)["d"] == "active"
    waiting = queue(daemon)
    assert len(waiting) == 2 and waiting[-1] == "c", waiting
    reply = daemon.call("Queue")
    assert (reply["running"], reply["running_max"]) == (2, 2)
    assert "max_concurrent_projects allows 2" in reply["waiting"][0]["why"]
    lines = daemon.call("Why", {"project": "c"})["lines"]
    assert lines[0].startswith("it waits for room, with 1 before it"), lines
    daemon.call("Stop", {"project": "d", "wait": True})
    eventually(active(daemon, "a", "b"), "the next one has the place")
    assert queue(daemon) == ["c"]


def test_a_supervisor_that_is_killed_lets_nobody_in_and_forgets_nobody(daemon):
    start(daemon, {name: "" for name in "abcde"}, "max_concurrent_projects: 2")
    eventually(active(daemon, "a", "b"), "two run")
    for _ in range(3):
        daemon.kill()
        daemon.start()
        assert queue(daemon) == ["c", "d", "e"]
        assert [name for name, phase in phases(daemon).items() if phase == "active"] == ["a", "b"]
    daemon.call("Stop", {"project": "a", "wait": True})
    eventually(active(daemon, "b", "c"), "the next one has the place")


@pytest.mark.native
def test_a_larger_machine_lets_more_in(daemon):
    start(daemon, {name: "" for name in "abc"}, "max_concurrent_projects: 1")
    eventually(active(daemon, "a"), "one runs")
    configure(daemon, {name: "" for name in "abc"}, "max_concurrent_projects: 3")
    daemon.call("ConfigurationApply")
    eventually(active(daemon, "a", "b", "c"), "all run")


@pytest.mark.native
def test_no_more_is_guaranteed_than_there_is_beside_the_reserve(daemon):
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    least = whole * 6 // 100
    limits = f"limits: {{ allow_unlimited: true, memory: {whole}M, memory_min: {least}M }}\n"
    start(daemon, {"a": limits, "b": limits, "c": ""}, "system_reserve: 90%")
    eventually(active(daemon, "a", "c"), "what fits runs")
    assert queue(daemon) == ["b"]
    assert "of memory are guaranteed to it" in daemon.call("Queue")["waiting"][0]["why"]
    # Less is guaranteed to the other one.
    daemon.call("QuotaSet", {"changes": [
        {"project": "a", "name": "memory_min", "value": "1M"}]})
    eventually(active(daemon, "b"), "there is room now")


# MARK: Strategies


def test_nothing_is_moved_by_default(daemon):
    start(daemon, {"a": "", "b": ""})
    eventually(active(daemon, "a", "b"), "they run")
    eventually(lambda: daemon.call("ScheduleShow").get("decided_at_us"), "a decision")
    shown = daemon.call("ScheduleShow")
    assert (shown["strategy"], shown["chosen"]) == ("static", False)
    assert daemon.call("ScheduleHistory")["records"] == []
    assert limit(daemon, "a", "cpu_weight") is None


def test_a_strategy_is_chosen_kept_and_given_back(daemon):
    start(daemon, {"a": "priority: critical\n", "b": "priority: low\n"})
    eventually(active(daemon, "a", "b"), "they run")
    reply = daemon.call("ScheduleStrategy", {"name": "priority_based"})
    assert reply == {"strategy": "priority_based", "chosen": True}

    def weights():
        found = [limit(daemon, name, "cpu_weight") for name in "ab"]
        return found if all(found) else None

    (first, source), (second, _) = eventually(weights, "weights")
    assert source == "scheduler" and int(first) > int(second), (first, second)
    daemon.kill()
    daemon.start()
    assert daemon.call("ScheduleShow")["strategy"] == "priority_based"
    assert limit(daemon, "a", "cpu_weight") == (first, "scheduler")
    records = daemon.call("ScheduleHistory", {"project": "a"})["records"]
    assert records[-1]["outcome"] == "done" and "cpu_weight" in records[-1]["change"]
    via = {each["via"] for each in daemon.call("QuotaHistory", {"project": "a"})["records"]}
    assert via == {"scheduler"}
    daemon.call("ScheduleStrategy", {"name": "default"})
    assert daemon.call("ScheduleShow")["strategy"] == "static"
    eventually(lambda: limit(daemon, "a", "cpu_weight") is None, "what was moved is given back")


@pytest.mark.native
def test_what_a_person_set_is_never_moved(daemon):
    start(daemon, {"a": "priority: critical\n", "b": "priority: low\n"})
    eventually(active(daemon, "a", "b"), "they run")
    daemon.call("QuotaSet", {"changes": [{"project": "a", "name": "cpu_weight", "value": "77"}]})
    daemon.call("ScheduleStrategy", {"name": "priority_based"})
    eventually(lambda: limit(daemon, "b", "cpu_weight"), "the other one is weighed")
    assert limit(daemon, "a", "cpu_weight") == ("77", "set")
    # And one that the scheduler has moved can be set.
    daemon.call("QuotaSet", {"changes": [{"project": "b", "name": "cpu_weight", "value": "66"}]})
    daemon.call("Optimize")
    assert limit(daemon, "b", "cpu_weight") == ("66", "set")
    assert [c for c in daemon.call("Optimize", {"plan": True})["changes"]
            if c["name"] == "cpu_weight"] == []


@pytest.mark.native
def test_a_plan_moves_nothing(daemon):
    start(daemon, {"a": "priority: high\n", "b": ""}, "resource_allocation_strategy: priority_based")
    eventually(lambda: limit(daemon, "a", "cpu_weight"), "a decision")
    daemon.call("QuotaSet", {"changes": [{"project": "a", "name": "cpu_weight", "value": "7"}]})
    daemon.call("QuotaSet", {"changes": [
        {"project": "a", "name": "cpu_weight", "value": "default"}]})
    daemon.call("Optimize", {"plan": True})
    cli = daemon.cli("optimize", "--plan").stdout
    assert cli.endswith("nothing was done: a plan\n") or cli.startswith("nothing to change")
    assert {each["source"] for quota in daemon.call("QuotaShow")["quotas"]
            for each in quota["limits"]} <= {"default", "configuration", "scheduler"}


def test_every_command_shows_something(daemon):
    start(daemon, {"a": "priority: high\n", "b": ""}, "max_concurrent_projects: 1")
    eventually(active(daemon, "a"), "one runs")
    assert daemon.cli("schedule", "show").stdout.splitlines()[0].startswith("PROJECT  PRIORITY")
    assert daemon.cli("schedule", "strategy", "priority_based").stdout == (
        "the strategy is priority_based\n")
    eventually(lambda: limit(daemon, "a", "cpu_weight"), "a decision")
    assert "cpu_weight" in daemon.cli("schedule", "history").stdout
    assert daemon.cli("schedule", "samples").stdout.startswith("seconds,project,cpu_millicores")
    assert "b" in daemon.cli("queue").stdout
    assert "waits for room" in daemon.cli("why", "b").stdout
    daemon.cli("advise")
    wrong = daemon.cli("schedule", "strategy", "dinamic", check=False)
    assert wrong.returncode == 1 and "is none that is known" in wrong.stderr
    assert daemon.cli("why", "zz", check=False).returncode == 3


@pytest.mark.native
@pytest.mark.parametrize("name, text", [
    ("fare_share", "is none that is known"), ("", "is none that is known"),
    ("/opt/../x", "is no plain absolute path"), ("/nowhere/at/all", "cannot be opened"),
    ("/usr", "is no file"), ("/" + "x" * 5000, ""),
])
def test_a_strategy_that_is_none_is_refused(daemon, name, text):
    start(daemon, {"a": ""})
    assert text in refused(daemon, "ScheduleStrategy", {"name": name}).parameters["message"]
    assert daemon.call("ScheduleShow")["strategy"] == "static"


@pytest.mark.native
def test_questions_about_what_is_not_there_are_refused(daemon):
    start(daemon, {"a": ""})
    assert refused(daemon, "Why", {"project": "b"}).name == "ProjectNotFound"
    assert refused(daemon, "Advise", {"project": "b"}).name == "ProjectNotFound"
    for bad in (0, -1, 10**9):
        assert refused(daemon, "ScheduleHistory", {"limit": bad}).name == "Failed"


# MARK: Custom strategies


def program(daemon, text):
    path = daemon.directory / "strategy"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


GOOD = """cat >/dev/null
echo '{"projects": [{"name": "a", "cpu": 100, "memory": 1048576}, {"name": "b", "cpu": 10, "memory": 1048576}]}'
"""


def test_a_program_decides(daemon):
    start(daemon, {"a": "", "b": ""})
    eventually(active(daemon, "a", "b"), "they run")
    daemon.call("ScheduleStrategy", {"name": program(daemon, GOOD)})

    def followed():
        found = [limit(daemon, name, "cpu_weight") for name in "ab"]
        return all(found) and int(found[0][0]) >= 5 * int(found[1][0])

    eventually(followed, "its weights")
    shown = daemon.call("ScheduleShow")
    assert "refusal" not in shown, shown


@pytest.mark.native
@pytest.mark.parametrize("text, reason", [
    ("sleep 100", "time"), ("exit 3", "status 3"), ("echo '{'", ""),
    ("echo '{}'", "no list of projects"), ("kill -9 $$", "137"),
    ("""echo '{"projects": []}'""", "is missing"),
    ("""echo '{"projects": [{"name": "a", "cpu": 1e308, "memory": 0},
        {"name": "b", "cpu": 0, "memory": 0}]}'""", "above its limit"),
    ("""echo '{"projects": [{"name": "a", "cpu": -5, "memory": 0},
        {"name": "b", "cpu": 0, "memory": 0}]}'""", "is no amount"),
    ("""echo '{"projects": [{"name": "a", "cpu": NaN, "memory": 0}]}'""", ""),
    ("""echo '{"projects": [{"name": "z", "cpu": 1, "memory": 0}]}'""", "was not asked for"),
    ("yes", "longer than"),
])
def test_a_program_that_fails_is_not_followed(daemon, text, reason):
    start(daemon, {"a": "priority: critical\n", "b": ""})
    eventually(active(daemon, "a", "b"), "they run")
    daemon.call("ScheduleStrategy", {"name": program(daemon, text + "\n")})
    refusal = eventually(lambda: daemon.call("ScheduleShow").get("refusal"), "it is told")
    assert reason in refusal, refusal
    # Priorities decide in its place.
    eventually(lambda: limit(daemon, "a", "cpu_weight"), "somebody decides")
    lines = daemon.call("Why", {"project": "a"})["lines"]
    assert any("priority_based decides in place of" in line for line in lines), lines
    if text == "exit 3":
        program(daemon, GOOD)
        eventually(lambda: "refusal" not in daemon.call("ScheduleShow"), "it is followed again")


# MARK: Hours


def decided_at(daemon):
    return daemon.call("ScheduleShow").get("decided_at_us", 0)


def test_outside_its_hours_a_project_may_stand_still(daemon):
    now = time.localtime()
    # An hour that is neither this one nor the next.
    hour = (now.tm_hour + 6) % 23
    closed = f'work_hours: {{ start: "{hour:02}:00", end: "{hour + 1:02}:00", outside: pause }}\n'
    start(daemon, {"a": closed, "b": ""})
    eventually(lambda: phases(daemon)["a"] == "paused", "it stands still")
    (project,) = (p for p in daemon.call("List")["projects"] if p["name"] == "a")
    assert project["reason"] == "preempted: its work hours are over"
    daemon.kill()
    daemon.start()
    assert phases(daemon) == {"a": "paused", "b": "active"}
    # Whoever wants it now has it.
    daemon.call("Resume", {"project": "a"})
    eventually(active(daemon, "a"), "it goes on")
    # That outlives the supervisor: three decisions later it still runs.
    daemon.kill()
    daemon.start()
    for _ in range(3):
        seen = decided_at(daemon)
        eventually(lambda seen=seen: decided_at(daemon) > seen, "a decision")
        assert phases(daemon)["a"] == "active"
    lines = daemon.call("Why", {"project": "a"})["lines"]
    assert "it runs outside its work hours since an operator wants it to" in lines, lines


def around(hour, more=""):
    """Hours from one before this hour to two after it."""
    return (f'work_hours: {{ start: "{(hour - 1) % 24:02}:00", end: "{(hour + 3) % 24:02}:00", '
            f'outside: pause{more} }}\n')


@pytest.mark.native
def test_hours_are_those_of_the_machines_zone_or_of_their_own(daemon):
    """The machine's clock is nine hours ahead of UTC."""
    now = time.gmtime().tm_hour
    configure(daemon, {
        "here": around(now + 9), "there": around(now), "utc": around(now, ", timezone: UTC")})
    daemon.start(environment={"TZ": "AHEAD-9"})
    eventually(lambda: phases(daemon)["there"] == "paused", "it stands still by the machine's clock")
    seen = decided_at(daemon)
    eventually(lambda: decided_at(daemon) > seen, "a decision")
    assert phases(daemon) == {"here": "active", "there": "paused", "utc": "active"}


def test_what_a_squeeze_took_is_given_back_however_often_that_is_refused(daemon):
    start(daemon, {"shop": ""}, "resource_allocation_strategy: fair_share, preemption: 'off'")
    eventually(active(daemon, "shop"), "it runs")
    daemon.cli("quota", "set", "shop", "--memory-high", "100M")
    daemon.kill(signal.SIGTERM)
    # As the last supervisor would have left it: squeezed, and for some seconds it cannot be given back.
    until = int(time.time()) + 6
    with contextlib.closing(sqlite3.connect(daemon.state / "ledger.db")) as ledger, ledger:
        assert ledger.execute("UPDATE overrides SET via = 'scheduler'").rowcount == 1
        ledger.execute(
            "CREATE TRIGGER halt BEFORE INSERT ON audit WHEN instr(NEW.bytes, 'quota.changed') "
            f"AND CAST(strftime('%s', 'now') AS INTEGER) < {until} "
            "BEGIN SELECT RAISE(FAIL, 'halt'); END")
    daemon.start()
    history = eventually(lambda: [
        each for each in daemon.call("ScheduleHistory", {"limit": 99})["records"]
        if "memory_high" in each["change"] and each["outcome"] != "done"], "it is refused")
    assert "halt" in history[0]["outcome"]
    assert limit(daemon, "shop", "memory_high")[1] == "scheduler"
    eventually(lambda: limit(daemon, "shop", "memory_high") is None, "it is given back all the same")
