"""bulkhead quota and explain against a supervisor that a test writes: what is asked, what is printed."""

import json

import pytest

from harness.scripted import HOSTILE, Scripted, drives_no_terminal, only_line

pytestmark = pytest.mark.native

MEMORY = {"name": "memory", "unit": "bytes", "configured": "1G", "source": "configuration",
          "in_force": "1G", "in_use": 1 << 20, "hits": 0}


def shown(*limits):
    return {"quotas": [{"project": "shop", "limits": list(limits), "pressure": []}]}


@pytest.mark.both
def test_several_targets_are_one_transaction(client, socket_path):
    reply = {"transaction": 3, "steps": [
        {"project": "shop", "workload": "web", "name": "memory", "from": "512M", "to": "1G",
         "how": "grows"}]}
    with Scripted(socket_path, lambda caller, *_: caller.reply(reply)) as supervisor:
        outcome = client("quota", "set", "shop/web", "--memory", "1G", "api", "--cpu", "+1",
                         "--for", "1h", "--reason", "import", "--within", "5s", "--plan")
    assert outcome.status == 0 and outcome.stdout.splitlines() == [
        "TARGET    LIMIT   FROM  TO  HOW", "shop/web  memory  512M  1G  grows",
        "nothing was done: a plan"]
    assert supervisor.calls == [("QuotaSet", {
        "changes": [{"project": "shop", "workload": "web", "name": "memory", "value": "1G"},
                    {"project": "api", "name": "cpu", "value": "+1"}],
        "for_ms": 3_600_000, "plan": True, "reason": "import", "budget_ms": 5_000}, False)]


@pytest.mark.parametrize("line", [
    "set shop --memory -", "set shop --memory 9E", "set shop --pids 1.5", "set shop --cpu 0",
    "set sh/op/x --memory 1G", "set shop --io :wbps=1", "set shop --cpus 3-1", "move --cpu 1 a",
    "set shop", "set shop --memory 1G --for 1", "reset shop memori"])
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(client, socket_path, line):
    with Scripted(socket_path, lambda *_: None) as supervisor:
        outcome = client("quota", *line.split())
    assert outcome.status == 2 and not supervisor.calls
    assert "(hint: " in only_line(outcome)


def test_a_refusal_is_one_line_with_what_would_fit(client, socket_path):
    with Scripted(socket_path, lambda caller, *_: caller.fail(
            "QuotaRefused", project="shop", message="memory of shop cannot be 512M: 900M are in use",
            hint="at least 750M would fit", in_use=943718400, reclaimable=157286400,
            would_fit=786432000)):
        outcome = client("quota", "set", "shop", "--memory", "512M")
    assert outcome.status == 1 and outcome.stdout == ""
    assert only_line(outcome) == (
        "bulkhead: memory of shop cannot be 512M: 900M are in use (hint: at least 750M would fit)")


@pytest.mark.parametrize("alarm,status", [(None, 0), ("somebody lifted it", 1)])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_limit_that_is_not_in_force_is_a_status(client, socket_path, alarm, status, form):
    limit = {**MEMORY, **({"alarm": alarm} if alarm else {})}
    with Scripted(socket_path, lambda caller, *_: caller.reply(shown(limit))):
        outcome = client("quota", "show", *form)
    assert outcome.status == status and outcome.stderr == ""
    if form:
        assert json.loads(outcome.stdout) == shown(limit)
    else:
        assert outcome.stdout.endswith(
            "\nALARM: shop: memory 1G is not in force: somebody lifted it\n") == bool(alarm)


def test_a_reset_without_limits_is_of_those_that_were_changed(client, socket_path):
    limits = [{**MEMORY, "source": "set"}, {**MEMORY, "name": "cpu"},
              {**MEMORY, "name": "pids", "source": "outside"},
              {**MEMORY, "name": "swap", "source": "move", "workload": "web"}]

    def script(caller, method, *_):
        caller.reply(shown(*limits) if method == "QuotaShow" else {"transaction": 1, "steps": []})

    with Scripted(socket_path, script) as supervisor:
        assert client("quota", "reset", "shop").status == 0
        assert client("quota", "reset", "shop/web").status == 0
        assert client("quota", "reset", "shop/db").stdout == "nothing to change\n"
    sent = [call[1]["changes"] for call in supervisor.calls if call[0] == "QuotaSet"]
    assert sent == [
        [{"project": "shop", "name": name, "value": "default"} for name in ("memory", "pids")],
        [{"project": "shop", "workload": "web", "name": "swap", "value": "default"}]]


def test_a_run_is_explained_by_its_number(client, socket_path):
    reply = {"project": "shop", "workload": "web", "run": 17, "state": "ended", "cause": "signal",
             "text": "SIGSEGV", "evidence": [], "log": []}
    with Scripted(socket_path, lambda caller, *_: caller.reply(reply)) as supervisor:
        assert client("explain", "17").stdout == "shop/web, run 17: SIGSEGV (signal)\n"
        client("explain", "shop/web")
    assert [call[1] for call in supervisor.calls] == [
        {"run": 17}, {"project": "shop", "workload": "web"}]


def hostile(caller, method, *_):
    limit = {name: HOSTILE for name in ("name", "unit", "configured", "source", "in_force", "alarm",
                                        "workload")}
    step = {name: HOSTILE for name in ("project", "workload", "name", "from", "to", "how", "via",
                                       "reason")}
    caller.reply({
        "QuotaShow": {"quotas": [{"project": HOSTILE, "limits": [limit], "pressure": [
            {"resource": HOSTILE, "some": 1e300}, {"resource": "cpu", "some": -1e300}]}]},
        "QuotaSet": {"transaction": 1, "steps": [step]},
        "QuotaHistory": {"records": [step]},
        "Explain": {**step, "cause": HOSTILE, "text": HOSTILE, "evidence": [HOSTILE],
                    "log": [HOSTILE], "suggestion": HOSTILE}}[method])


@pytest.mark.parametrize("line", [
    "quota show", "quota set shop --memory 1G", "quota history", "explain shop"])
def test_nothing_that_is_told_drives_the_terminal(client, socket_path, line):
    with Scripted(socket_path, hostile):
        outcome = client(*line.split())
    assert outcome.status in (0, 1) and outcome.stdout
    assert drives_no_terminal(outcome.stdout + outcome.stderr)
