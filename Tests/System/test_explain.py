"""Why runs ended and what they wrote last: those causes that need no controllers. The others are in
test_machine_explain.py."""

import time

import pytest

from harness import audit, causes, shop
from harness.daemon import Refused, eventually

# Each cause is made in the test machine by test_machine_explain.py.
pytestmark = pytest.mark.native


@pytest.mark.parametrize("kind", [
    pytest.param(kind, marks=pytest.mark.both) if kind in causes.OF_SUPERVISORS else kind
    for kind in causes.NATIVE])
def test_the_cause_is_named(daemon, kind, random_source, repetitions, capsys):
    count = repetitions(1 if daemon.on_machine else 2)
    line = causes.campaign(daemon, kind, count, random_source)
    if count > 2:
        with capsys.disabled():
            print("\n" + line)


def test_an_explanation_survives_the_supervisor_and_has_the_last_lines(daemon):
    shop.start(daemon, {"web": {"restart": "no", "command": shop.sh(
        "for n in $(seq 30); do echo line $n; done; echo oops >&2; exit 3")}})
    run = eventually(lambda: [each for each in shop.runs_of(daemon, "web")
                              if each["state"] == "ended"], "it has ended")[0]
    before = daemon.call("Explain", {"run": run["run"]})
    assert (before["state"], before["cause"]) == ("ended", "exited"), before
    assert before["text"] == run["cause"] == "exited with status 3"
    assert before["log"][-2:] == ["line 30", "oops"] and len(before["log"]) == 10
    assert before["suggestion"] == f"bulkhead logs shop/web --run {run['run']}"
    daemon.kill()
    daemon.start()
    assert daemon.call("Explain", {"run": run["run"]}) == before
    # The same by its workload, and as what matters most of its project.
    assert daemon.call("Explain", {"project": "shop", "workload": "web"}) == before
    assert daemon.call("Explain", {"project": "shop"}) == before


@pytest.mark.parametrize("status, priority", [(0, "6"), (3, "5")])
def test_the_record_of_a_run_has_the_same_word_for_its_cause(daemon, status, priority):
    shop.start(daemon, {"web": {"restart": "no", "command": shop.sh(f"exit {status}")}})
    (record,) = eventually(lambda: audit.events(daemon, "run.ended"), "it has ended")
    assert (record["BULKHEAD_CAUSE"], record["PRIORITY"]) == ("exited", priority), record


def test_what_runs_is_said_to_run(daemon):
    shop.start(daemon, {"web": {}})
    daemon.await_ready("shop")
    found = daemon.call("Explain", {"project": "shop", "workload": "web"})
    assert (found["state"], found["cause"]) in {("running", "running"), ("slow", "slow-cpu")}
    assert found["run"] == daemon.service("shop", "web")["run"]


@pytest.mark.both
def test_who_stopped_it_is_known_after_a_restart_of_the_supervisor_too(daemon):
    shop.start(daemon, {"web": {"grace": "30s", "command": shop.sh(
        "trap 'sleep 2; exit 0' TERM; echo up; while :; do sleep 0.1; done")}})
    daemon.await_ready("shop")
    run = daemon.service("shop", "web")["run"]
    daemon.call("Stop", {"project": "shop", "service": "web"})
    daemon.kill()
    daemon.start()
    eventually(lambda: daemon.call("Explain", {"run": run})["state"] == "ended", "it has ended")
    found = daemon.call("Explain", {"run": run})
    assert found["cause"] == "operator" and "uid 0" in found["text"], found


def test_nothing_is_explained_that_is_not_there(daemon):
    shop.start(daemon, {"web": {}})
    for parameters, name in [({}, "Failed"), ({"project": "shpo"}, "ProjectNotFound"),
                             ({"project": "shop", "workload": "wbe"}, "ServiceNotFound"),
                             ({"run": 99_999}, "RunNotFound"), ({"run": -1}, "RunNotFound")]:
        with pytest.raises(Refused) as refused:
            daemon.call("Explain", parameters)
        assert refused.value.name == name, parameters


def test_an_answer_takes_a_moment(daemon):
    shop.start(daemon, {f"web{n}": {} for n in range(5)})
    daemon.await_ready("shop")
    took = []
    with daemon.connect() as connection:
        for _ in range(50):
            start = time.monotonic()
            connection.call("Explain", {"project": "shop"})
            took.append(time.monotonic() - start)
    # The bound is 50 ms, and 500 ms under emulation; the median says what it is like.
    assert sorted(took)[25] < (0.5 if daemon.on_machine else 0.05), took
