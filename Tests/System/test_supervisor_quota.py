"""Limits are changed together or not at all, remembered, and given back: what needs no controllers."""

import threading
import time

import pytest

from harness.daemon import Refused, eventually

SLEEPER = "web: { command: [/bin/sleep, infinity] }\nside: { command: [/bin/sleep, infinity] }"
NAMES = ("shop", "api", "db")


def start(daemon, names=NAMES):
    """Projects with the limits that projects have: 512M, one processor, 256 processes."""
    daemon.configure("projects:\n" + "".join(daemon.project(name, SLEEPER) for name in names))
    daemon.start()


def change(project, name, value, workload=None):
    found = {"project": project, "name": name, "value": value}
    return {**found, "workload": workload} if workload else found


def set_quota(daemon, *changes, **more):
    return daemon.call("QuotaSet", {"changes": list(changes), **more})


def refused(daemon, *changes, **more):
    with pytest.raises(Refused) as refusal:
        set_quota(daemon, *changes, **more)
    assert refusal.value.name == "QuotaRefused", refusal.value
    return refusal.value.parameters


def limit(daemon, project, name, workload=None):
    (quota,) = daemon.call("QuotaShow", {"project": project})["quotas"]
    for each in quota["limits"]:
        if each["name"] == name and each.get("workload") == workload:
            return each
    return None


def configured(daemon, project, name="memory", workload=None):
    found = limit(daemon, project, name, workload)
    return found and found["configured"]


def history(daemon, project=None):
    parameters = {"limit": 1000, **({"project": project} if project else {})}
    return daemon.call("QuotaHistory", parameters)["records"]


def test_limits_of_several_projects_change_together(daemon):
    start(daemon)
    reply = set_quota(
        daemon, change("shop", "memory", "1G"), change("api", "pids", "100"),
        change("shop", "cpu", "1.5", "web"), change("shop", "cpu", "2"), reason="a busy day")
    assert [(s["project"], s.get("workload"), s["name"], s["from"], s["to"], s["how"].split(":")[0])
            for s in reply["steps"]] == [
        ("shop", None, "memory", "512M", "1G", "grows"),
        ("api", None, "pids", "256", "100", "at once"),
        ("shop", "web", "cpu", "max", "1.5", "at once"),
        ("shop", None, "cpu", "1", "2", "grows")]
    assert configured(daemon, "shop") == "1G"
    assert limit(daemon, "shop", "memory")["source"] == "set"
    assert configured(daemon, "api", "pids") == "100"
    assert configured(daemon, "shop", "cpu", "web") == "1.5"
    assert limit(daemon, "db", "memory")["source"] == "default"
    records = history(daemon, "shop")
    assert {record["transaction"] for record in records} == {reply["transaction"]}
    newest = next(record for record in records if record["name"] == "memory")
    assert (newest["from"], newest["to"], newest["actor_uid"], newest["via"], newest["reason"]) == (
        "512M", "1G", 0, "set", "a busy day")
    assert "until_us" not in newest


def test_a_plan_changes_nothing(daemon):
    start(daemon)
    reply = set_quota(daemon, change("shop", "memory", "1G"), plan=True)
    assert reply["steps"] == [
        {"project": "shop", "name": "memory", "from": "512M", "to": "1G", "how": "grows"}]
    assert configured(daemon, "shop") == "512M"
    assert history(daemon) == []


def test_what_is_moved_is_conserved_and_default_gives_it_back(daemon):
    start(daemon)
    set_quota(daemon, change("shop", "memory", "-128M"), change("api", "memory", "+128M"))
    assert (configured(daemon, "shop"), configured(daemon, "api")) == ("384M", "640M")
    assert limit(daemon, "shop", "memory")["source"] == "move"
    set_quota(daemon, change("shop", "memory", "default"), change("api", "memory", "default"))
    assert (configured(daemon, "shop"), configured(daemon, "api")) == ("512M", "512M")
    assert limit(daemon, "shop", "memory")["source"] == "default"
    assert [record["via"] for record in history(daemon)] == ["reset", "reset", "move", "move"]


def test_overrides_outlive_the_supervisor_and_end_with_their_project(daemon):
    start(daemon, ("shop",))
    other = daemon.project_directory("other")
    daemon.call("Register", {"name": "other", "path": str(other)})
    set_quota(daemon, change("shop", "memory", "1G"), change("other", "memory", "1G"))
    daemon.kill()
    daemon.start()
    assert (configured(daemon, "shop"), configured(daemon, "other")) == ("1G", "1G")
    daemon.call("Remove", {"project": "other"})
    eventually(lambda: "other" not in {each["name"] for each in daemon.call("List")["projects"]},
               "it is gone")
    daemon.call("Register", {"name": "other", "path": str(other)})
    assert configured(daemon, "other") == "512M"
    assert len(history(daemon, "other")) == 1


@pytest.mark.parametrize("dies", [False, True])
def test_what_lasts_for_a_while_is_given_back_by_itself(daemon, dies):
    start(daemon, ("shop",))
    set_quota(daemon, change("shop", "memory", "1G"))
    reply = set_quota(daemon, change("shop", "memory", "2G"), change("shop", "pids", "300"),
                      for_ms=1500)
    shown = limit(daemon, "shop", "memory")
    assert shown["configured"] == "2G"
    assert 0 < shown["until_ms"] <= 1500
    if dies:
        daemon.kill()
        time.sleep(2)
        daemon.start()
    # What stood before it, and not what is configured.
    eventually(lambda: configured(daemon, "shop") == "1G", "its time is over")
    assert configured(daemon, "shop", "pids") == "256"
    ended = [record for record in history(daemon, "shop") if record["via"] == "expired"]
    assert {(record["name"], record["from"], record["to"]) for record in ended} == {
        ("memory", "2G", "1G"), ("pids", "300", "256")}
    assert {record["transaction"] for record in ended} != {reply["transaction"]}
    assert "until_ms" not in limit(daemon, "shop", "memory")


def test_what_is_made_persistent_is_a_version_of_the_configuration(daemon):
    start(daemon, ("shop",))
    set_quota(daemon, change("shop", "memory", "768M"))
    set_quota(daemon, change("shop", "memory", "1G"), change("shop", "pids", "64", "web"),
              change("shop", "cpu", "max"), persist=True)
    layer = daemon.configuration / "quotas.d" / "shop.yaml"
    assert "memory: 1G" in layer.read_text()
    shown = limit(daemon, "shop", "memory")
    assert (shown["configured"], shown["source"]) == ("1G", "configuration")
    assert configured(daemon, "shop", "pids", "web") == "64"
    assert limit(daemon, "shop", "cpu") is None
    versions = daemon.call("ConfigurationHistory")["versions"]
    assert (versions[0]["via"], versions[0]["active"]) == ("quota", True)
    # What is on the disk is what is in force, also for the next supervisor.
    verbs = {each["verb"] for each in daemon.call("ConfigurationPlan")["changes"]}
    assert verbs == {"keep"}
    daemon.kill()
    daemon.start()
    assert configured(daemon, "shop") == "1G"
    # Taken back, nothing is left of it.
    set_quota(daemon, change("shop", "memory", "default"), change("shop", "cpu", "default"),
              change("shop", "pids", "default", "web"), persist=True)
    assert not layer.exists()
    assert configured(daemon, "shop") == "512M"
    assert configured(daemon, "shop", "cpu") == "1"


def test_a_layer_that_says_more_than_limits_is_refused(daemon):
    start(daemon, ("shop",))
    (daemon.configuration / "quotas.d").mkdir()
    daemon.configure("services: { web: { command: [/bin/false] } }\n", "quotas.d/shop.yaml")
    daemon.configure("limits: { memory: 1G }\n", "quotas.d/nobody.yaml")
    with pytest.raises(Refused) as refusal:
        daemon.call("ConfigurationApply")
    (problem,) = refusal.value.parameters["problems"]
    assert "quotas.d/shop.yaml:1:" in problem
    assert "'command' does not belong into quotas.d" in problem
    # What is not there any more needs no limits, and keeps nothing from being changed.
    daemon.configure("services: { gone: { limits: { memory: 1M } } }\n", "quotas.d/shop.yaml")
    daemon.call("ConfigurationApply")
    unused = "\n".join(daemon.call("ConfigurationPlan")["unused"])
    assert "projects.nobody" in unused
    assert "projects.shop.services.gone" in unused


BAD = [
    ("memory", "-1G", "leads out"), ("memory", "0", "too little"), ("memory", "512K", "too little"),
    ("memory", "99999999999999999999G", "19 digits"),
    ("memory", "9999999999G", "8 EiB"), ("memory", "lots", "memory"),
    ("memory", "", "empty"), ("memory", "+0", "changes nothing"), ("memory_high", "1G", "above"),
    ("memory_min", "1G", "above"), ("pids", "-5000", "leads out"), ("pids", "0", "pids"),
    ("pids", "1.5", "pids"), ("cpu", "0", "cpu"), ("cpu", "1000000", "cpu"),
    ("cpu_weight", "0", "cpu_weight"), ("cpu_weight", "10001", "cpu_weight"),
    ("disk", "1G", "cannot enforce"), ("inodes", "1000", "cannot enforce"),
    ("memroy", "1G", "did you mean 'memory'"), ("io:relative", "rbps=1M", "io:"),
    ("cpu_weight", "max", "max"), ("memory", "1G\n", "blank"), ("tmp", "1M", "when the project"),
]


@pytest.mark.native
@pytest.mark.parametrize("name, value, words", BAD)
def test_what_makes_no_sense_is_refused_in_one_line_and_changes_nothing(daemon, name, value, words):
    start(daemon, ("shop", "api"))
    daemon.await_ready("shop")
    told = refused(daemon, change("api", "memory", "1G"), change("shop", name, value))
    text = f"{told['message']} {told['hint']}"
    assert words in text, text
    assert "\n" not in text
    assert "in_use" not in told
    assert (configured(daemon, "api"), configured(daemon, "shop")) == ("512M", "512M")
    assert history(daemon) == []


def test_whoever_is_not_there_has_no_limits(daemon):
    start(daemon, ("shop",))
    told = refused(daemon, change("shpo", "memory", "1G"))
    assert (told["message"], told["hint"]) == ("there is no project 'shpo'", "did you mean shop?")
    told = refused(daemon, change("shop", "memory", "1G", "wbe"))
    assert told["hint"] == "did you mean web?"
    told = refused(daemon, change("shop", "memory", "1G", "web"))
    assert told["message"] == "shop/web memory: 1G is above the project's 512M"
    assert "changes" in refused(daemon)["message"]
    one = change("shop", "memory", "1G")
    assert "is given twice" in refused(daemon, one, one)["message"]
    assert "exclude each other" in refused(daemon, one, for_ms=5000, persist=True)["message"]
    assert "for" in refused(daemon, one, for_ms=-1)["message"]
    assert "budget" in refused(daemon, one, budget_ms=1)["message"]
    assert history(daemon) == []


@pytest.mark.native
def test_transactions_are_whole_whenever_the_supervisor_is_killed(
        daemon, random_source, repetitions):
    start(daemon)
    for name in NAMES:
        daemon.await_ready(name)
    states = {tuple(configured(daemon, name) for name in NAMES)}
    for round in range(repetitions(10)):
        before = tuple(configured(daemon, name) for name in NAMES)
        sizes = [f"{random_source.randrange(64, 2048)}M" for _ in NAMES]

        def ask():
            try:
                set_quota(daemon, *(change(name, "memory", size)
                                    for name, size in zip(NAMES, sizes)))
            except (AssertionError, OSError, Refused):
                pass  # It was killed before it could answer.

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(random_source.random() * 0.02)
        daemon.kill()
        asking.join()
        daemon.start()
        after = tuple(configured(daemon, name) for name in NAMES)
        wanted = tuple(whole(size) for size in sizes)
        assert after in (before, wanted), f"round {round}"
        records = [record for record in history(daemon)
                   if record["to"] in wanted and record["via"] == "set"]
        if after == wanted:
            assert len({r["transaction"] for r in records}) >= 1
        states.add(after)


def whole(size):
    """`1024M` as it is written: `1G`."""
    number = int(size[:-1])
    return f"{number // 1024}G" if number % 1024 == 0 else size
