"""What somebody asked for is said in the message of its record, and found by the project that it is of."""

import contextlib
import json
import pathlib

import pytest

from harness import audit
from harness.daemon import Refused, eventually

pytestmark = pytest.mark.native

SLEEPER = "main: { command: [/bin/sleep, infinity] }"
TASKS = "tasks: { migrate: { command: [/bin/true] } }"


@pytest.fixture
def shop(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER, TASKS) + daemon.project("api", SLEEPER))
    daemon.start()
    for project in ("shop", "api"):
        daemon.await_ready(project)
    return daemon


def told(daemon, kind):
    """(project, message after who it was) of each."""
    found = eventually(lambda: audit.events(daemon, kind), f"a record of {kind}")
    return [(each.get("BULKHEAD_PROJECT"), each["MESSAGE"].split(" asked for: ")[-1]) for each in found]


def limits(*changes):
    return [{"project": project, "name": name, "value": value} for project, name, value in changes]


def test_limits_are_said_and_are_of_their_project(shop):
    shop.call("QuotaSet", {"changes": [
        {"project": "shop", "name": "pids", "value": "200"},
        {"project": "shop", "workload": "main", "name": "memory", "value": "64M"}]})
    assert told(shop, "control.quota-set") == [
        ("shop", "quota-set: shop pids 200, shop/main memory 64M")]
    (record,) = audit.events(shop, "control.quota-set")
    assert record["BULKHEAD_CHANGE"] == "shop pids 200, shop/main memory 64M"
    assert "BULKHEAD_WORKLOAD" not in record


def test_of_limits_of_one_workload_that_is_told_too(shop):
    shop.call("QuotaSet", {"changes": [
        {"project": "shop", "workload": "main", "name": "pids", "value": "100"}], "for_ms": 90_000})
    (record,) = audit.events(shop, "control.quota-set")
    assert (record["BULKHEAD_PROJECT"], record["BULKHEAD_WORKLOAD"]) == ("shop", "main")
    assert record["MESSAGE"].endswith(" asked for: quota-set: shop/main pids 100 for 1m30s")
    (changed,) = audit.events(shop, "quota.changed")
    assert "pids went from max to 100 for 1m30s, as an operator wants it" in changed["MESSAGE"]
    shop.call("QuotaSet", {"changes": limits(("shop", "pids", "300"))})
    assert " for " not in audit.events(shop, "quota.changed")[-1]["MESSAGE"]


def test_limits_of_several_projects_are_found_by_each_of_them(shop):
    shop.call("QuotaSet", {"changes": limits(
        ("shop", "pids", "200"), ("api", "pids", "300"), ("shop", "cpu", "1"))})
    assert told(shop, "control.quota-set") == [
        ("shop", "quota-set: shop pids 200, shop cpu 1, together with api"),
        ("api", "quota-set: api pids 300, together with shop")]
    records = audit.events(shop, "control.quota-set")
    assert {each["BULKHEAD_RESULT"] for each in records} == {"accepted"}
    assert [len(json.loads(each["BULKHEAD_REQUEST"])["changes"]) for each in records] == [2, 1]


def test_limits_that_are_refused_are_found_by_the_project(shop):
    with pytest.raises(Refused):
        shop.call("QuotaSet", {"changes": limits(("shop", "disk", "1G"), ("api", "pids", "300"))})
    records = audit.events(shop, "control.quota-set")
    assert [(each["BULKHEAD_PROJECT"], each["BULKHEAD_RESULT"]) for each in records] == [
        ("shop", "refused"), ("api", "refused")]
    assert ": quota-set: shop disk 1G, together with api, and was refused: " in records[0]["MESSAGE"]
    assert audit.events(shop, "quota.changed") == []


def test_limits_without_end_are_one_record(shop):
    changes = limits(*((f"p{number}", "pids", "9") for number in range(1_000)))
    with pytest.raises(Refused):
        shop.call("QuotaSet", {"changes": changes})
    assert [project for project, _ in told(shop, "control.quota-set")] == [None]


def test_words_that_are_no_projects_are_recorded_in_one_line(shop):
    with contextlib.suppress(Refused):
        shop.call("QuotaSet", {"changes": limits(("a\nb", "\x1b[2J", "x" * 10_000)), "for_ms": -1})
    ((project, text),) = told(shop, "control.quota-set")
    assert project is None and "\n" not in text and "\x1b" not in text and len(text) < 1_000


def test_a_strategy_is_no_project(shop):
    shop.configure("projects:\n" + shop.project("dynamic", SLEEPER))
    shop.call("ScheduleStrategy", {"name": "dynamic"})
    assert told(shop, "control.schedule-strategy") == [(None, "schedule-strategy: dynamic")]
    (record,) = audit.events(shop, "control.schedule-strategy")
    assert record["BULKHEAD_CHANGE"] == "dynamic"


def test_a_project_that_is_registered_is_one(shop):
    directory = pathlib.Path(shop.state).parent / "new"
    directory.mkdir(exist_ok=True)
    with contextlib.suppress(Refused):
        shop.call("Register", {"name": "new", "path": str(directory)})
    ((project, text),) = told(shop, "control.register")
    assert project == "new" and text.startswith(f"register: {directory}")


def test_a_command_is_said_and_its_environment_is_not(shop):
    shop.call("Execute", {"project": "shop", "command": ["/bin/echo", "a b"], "logged": True,
                          "environment": {"SECRET": "s3cret"}, "token": "t0ken"})
    shop.call("Execute", {"project": "shop", "kind": "task", "task": "migrate", "command": ["now"],
                          "logged": True})
    shop.call("Execute", {"project": "shop", "command": ["/bin/echo", "x" * 9_000], "logged": True,
                          "reason": "why not"})
    texts = [text for _, text in told(shop, "control.execute")]
    assert texts[:2] == ["execute: /bin/echo 'a b'", "execute: migrate now"]
    assert texts[2].endswith("… (why not)") and len(texts[2]) < 400
    assert "s3cret" not in str(texts) and "t0ken" not in str(texts)


@pytest.mark.parametrize(("method", "parameters", "words"), [
    ("Stop", {"project": "nothing"}, "there is no project 'nothing'"),
    ("Stop", {"project": "shop", "service": "nobody"}, "project 'shop' has no service 'nobody'"),
    ("Kill", {"project": "shop", "run": 4242}, "there is no such run"),
])
def test_a_refusal_is_recorded_in_the_words_that_the_caller_reads(shop, method, parameters, words):
    with pytest.raises(Refused):
        shop.call(method, parameters)
    (record,) = audit.events(shop, f"control.{method.lower()}")
    assert f", and was refused: {words} (hint: " in record["MESSAGE"]
    assert "io.bulkhead" not in record["MESSAGE"]


def test_what_the_interface_turns_away_is_told_in_words_too(shop):
    with pytest.raises(Refused):
        shop.call("Stop", {"project": 5})
    ((_, text),) = told(shop, "control.stop")
    assert text == "stop, and was refused: the supervisor does not take the parameter 'project'"


def test_a_configuration_that_is_refused_says_so_and_what_is_wrong(shop):
    shop.configure("projects: 5\n")
    with pytest.raises(Refused):
        shop.call("ConfigurationApply", {})
    ((_, text),) = told(shop, "control.configuration-apply")
    assert "and was refused: the configuration is refused, and nothing was changed: " in text
    assert "bulkhead.yaml:1:" in text
