"""Who asked for what, and what came of it, is in the audit trail: each once, in one chain."""

import contextlib
import hashlib
import json
import os
import pathlib
import signal
import sqlite3

import pytest

from harness import audit
from harness.daemon import Refused, eventually

SLEEPER = "main: { command: [/bin/sleep, infinity] }"


@pytest.fixture
def shop(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    return daemon


def controls(daemon):
    return audit.events(daemon, "control.")


VERBS = (
    (("stop", "shop"), "control.stop"), (("start", "shop"), "control.start"),
    (("restart", "shop/main"), "control.restart"), (("pause", "shop"), "control.pause"),
    (("resume", "shop"), "control.resume"), (("maintain", "shop"), "control.maintain"),
    (("resume", "shop"), "control.resume"), (("kill", "--signal", "CONT", "shop"), "control.kill"),
    (("quota", "set", "shop", "--memory", "300M"), "control.quota-set"),
    (("config", "apply"), "control.configuration-apply"),
    (("schedule", "strategy", "static"), "control.schedule-strategy"),
    (("snapshot", "create", "shop", "one"), "control.snapshot-create"),
    (("snapshot", "remove", "shop", "one"), "control.snapshot-remove"),
    (("archive", "shop"), "control.archive"), (("remove", "shop"), "control.remove"))


def test_every_verb_is_recorded_once_with_who_and_why(shop):
    expected = []
    for words, kind in VERBS:
        outcome = shop.cli(*words, "--reason", f"ticket {len(expected)}", check=False)
        # Where nothing was to be changed the reply comes before the record.
        known = eventually(lambda: len(k := controls(shop)) > len(expected) and k, "its record")
        assert len(known) == len(expected) + 1, (words, outcome)
        record = known[-1]
        assert record["BULKHEAD_REASON"] == f"ticket {len(expected)}"
        assert f"(ticket {len(expected)})" in record["MESSAGE"]
        assert record["BULKHEAD_RESULT"] == ("accepted" if outcome.returncode == 0 else "refused")
        assert record["BULKHEAD_EVENT"] == kind
        if words[0] not in ("config", "schedule", "quota"):
            assert record["BULKHEAD_PROJECT"] == "shop", record
        assert record["BULKHEAD_VIA"] == "cli"
        assert record["BULKHEAD_ACTOR_UID"] == "0" and record["BULKHEAD_ACTOR"] == "root"
        assert int(record["BULKHEAD_ACTOR_PID"]) > 1
        expected.append(kind)
    assert {r["BULKHEAD_RESULT"] for r in controls(shop)[:6]} == {"accepted"}


def test_a_program_of_somebodys_own_is_told_from_the_command_line(shop):
    shop.call("Stop", {"project": "shop", "reason": "by hand", "wait": True})
    (record,) = controls(shop)
    assert record["BULKHEAD_VIA"] == "api"
    assert record["BULKHEAD_ACTOR_PID"] == str(os.getpid())
    assert record["BULKHEAD_REASON"] == "by hand"


def test_what_is_refused_is_recorded_as_refused(shop):
    for method, parameters in (("Start", {"project": "nobody"}), ("Pause", {"project": "nobody"}),
                               ("Execute", {"project": "shop", "command": []}),
                               ("ConfigurationRollback", {"version": 999})):
        before = len(controls(shop))
        with pytest.raises(Refused):
            shop.call(method, {**parameters, "reason": "try"})
        (record,) = controls(shop)[before:]
        assert record["BULKHEAD_RESULT"] == "refused" and record["BULKHEAD_REASON"] == "try"
        assert record["PRIORITY"] == "4"


def test_of_a_profile_the_digest_is_recorded_and_not_the_file(shop):
    content = '{"names": "' + 10_000 * "x" + '"}'
    before = len(controls(shop))
    with pytest.raises(Refused):
        shop.call("ProfileChange", {"profile": "default", "step": "allow", "content": content})
    (record,) = controls(shop)[before:]
    assert record["BULKHEAD_EVENT"] == "control.profile" and record["BULKHEAD_RESULT"] == "refused"
    assert json.loads(record["BULKHEAD_REQUEST"]) == {
        "profile": "default", "step": "allow",
        "sha256": hashlib.sha256(content.encode()).hexdigest()}


def test_a_reason_that_is_too_long_is_refused_and_nothing_is_done(shop):
    # Two bytes each.
    shop.call("Pause", {"project": "shop", "reason": "ß" * 512})
    assert audit.events(shop, "control.pause")[0]["BULKHEAD_REASON"] == "ß" * 512
    shop.call("Resume", {"project": "shop"})
    before = len(controls(shop))
    with pytest.raises(Refused) as refused:
        shop.call("Stop", {"project": "shop", "reason": "ß" * 512 + "s"})
    assert "longer than 1024 bytes" in refused.value.parameters["message"]
    (record,) = controls(shop)[before:]
    assert record["BULKHEAD_RESULT"] == "refused" and "BULKHEAD_REASON" not in record
    assert shop.show("shop")["phase"] == "active"


def test_a_reason_forges_no_field_and_no_line(shop):
    reason = "one\nBULKHEAD_ACTOR_UID=7\n\x1b[2J two"
    shop.call("Pause", {"project": "shop", "reason": reason})
    (record,) = controls(shop)
    assert record["BULKHEAD_REASON"] == r"one\u{a}BULKHEAD_ACTOR_UID=7\u{a}\u{1b}[2J two"
    assert record["BULKHEAD_ACTOR_UID"] == "0"
    assert "\n" not in record["MESSAGE"] and "\x1b" not in record["MESSAGE"]


def test_a_limit_that_is_changed_has_its_record_right_behind_the_wish(shop):
    shop.cli("quota", "set", "shop", "--memory", "300M", "--reason", "too large")
    found = audit.events(shop, "control.quota-set", "quota.changed")
    wish, change = found
    assert (wish["BULKHEAD_EVENT"], change["BULKHEAD_EVENT"]) == (
        "control.quota-set", "quota.changed")
    assert change["BULKHEAD_LIMIT"] == "memory" and change["BULKHEAD_TO"] == "300M"
    assert change["BULKHEAD_FROM"] and change["BULKHEAD_FROM"] != "300M"
    assert change["BULKHEAD_REASON"] == "too large" and change["BULKHEAD_ACTOR_UID"] == "0"


def change_ledger(daemon, *statements):
    """Of a supervisor that has ended."""
    connection = sqlite3.connect(f"{daemon.state}/ledger.db")
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    connection.commit()
    connection.close()


def test_limits_that_end_with_the_boot_have_records_of_it(shop):
    for words in (("shop", "--memory", "2G"), ("shop/main", "--pids", "30")):
        shop.cli("quota", "set", *words, "--reason", "a busy day")
    shop.kill(signal.SIGTERM)
    change_ledger(
        shop, "UPDATE overrides SET boot = 'another'",
        "INSERT INTO pending_quotas VALUES (99, 0, 'another', 'shop', '', 'memory', '2G', '3G', 0)")
    known = len(audit.events(shop, "quota."))
    shop.start()
    found = audit.events(shop, "quota.")[known:]
    names = ("EVENT", "WORKLOAD", "LIMIT", "FROM", "TO", "VIA", "ACTOR", "REASON")
    assert [tuple(record.get(f"BULKHEAD_{name}") for name in names) for record in found] == [
        ("quota.undone", None, None, None, None, "supervisor", "supervisor", None),
        ("quota.changed", None, "memory", "2G", "512M", "supervisor", "supervisor", "a busy day"),
        ("quota.changed", "main", "pids", "30", "max", "supervisor", "supervisor", "a busy day")]
    assert "since the machine was booted" in found[1]["MESSAGE"]
    assert "transaction 99" in found[0]["MESSAGE"]
    newest = shop.call("QuotaHistory", {"limit": 1})["records"][0]
    assert (newest["via"], newest["to"]) == ("booted", "max")
    shop.kill(signal.SIGTERM)
    shop.start()
    assert len(audit.events(shop, "quota.")) == known + len(found)


def test_a_configuration_that_is_applied_has_its_version(shop):
    shop.configure("projects:\n" + shop.project("shop", SLEEPER) + shop.project("api", SLEEPER))
    version = shop.call("ConfigurationApply", {"reason": "one more"})["version"]
    applied = audit.events(shop, "configuration.applied")[-1]
    assert applied["BULKHEAD_VERSION"] == str(version)
    assert controls(shop)[-1]["BULKHEAD_REASON"] == "one more"


@pytest.mark.native
def test_limits_that_a_configuration_changes_are_recorded_one_by_one(shop):
    def configure(limits, services=SLEEPER, more=""):
        shop.configure("projects:\n" + shop.project("shop", services).replace(
            "limits: { allow", "limits: { " + limits + " allow") + more)
        shop.cli("config", "apply", "--reason", "a plan")
        return [tuple(record.get(f"BULKHEAD_{name}") for name in (
            "WORKLOAD", "LIMIT", "FROM", "TO", "VIA", "REASON"))
            for record in audit.events(shop, "quota.changed")]
    limited = SLEEPER.replace("command", "limits: { pids: 30 }, command")
    cli = "cli", "a plan"
    assert configure("pids: 100, memory: 400M,", limited) == [
        (None, "memory", "512M", "400M", *cli), (None, "pids", "256", "100", *cli),
        ("main", "pids", "max", "30", *cli)]
    shop.cli("quota", "set", "shop", "--pids", "150")
    # What holds in place of the configuration stays; and what is new begins with its limits.
    more = shop.project("api", SLEEPER)
    changed = configure("pids: 200, memory: 400M,", limited, more)
    assert changed[3:] == [(None, "pids", "100", "150", "cli", None)], changed
    shop.cli("quota", "reset", "shop", "pids")
    configure("pids: 250, memory: 400M,", SLEEPER, more)
    shop.cli("quota", "set", "shop", "--pids", "260", "--persist")
    changed = [each[:4] for each in configure("pids: 250, memory: 400M,", SLEEPER, more)]
    assert changed[4:] == [
        (None, "pids", "150", "200"), (None, "pids", "200", "250"), ("main", "pids", "30", "max"),
        (None, "pids", "250", "260")], changed
    assert [each["via"] for each in shop.call("QuotaHistory", {})["records"]].count("configured") == 5


def test_a_configuration_that_is_refused_is_told_with_who_wanted_it(shop):
    shop.configure("projects: [\n")
    shop.process.send_signal(signal.SIGHUP)
    (read,) = eventually(lambda: audit.events(shop, "configuration.refused"), "it is refused")
    assert read["BULKHEAD_VIA"] == "configuration"
    with pytest.raises(Refused):
        shop.call("ConfigurationApply", {"reason": "one more"})
    # What is on the disk is to become that version, and cannot.
    shop.configuration.rename(f"{shop.configuration}.away")
    for plan in (True, False):
        with contextlib.suppress(Refused):
            shop.call("ConfigurationRollback", {"version": 1, "plan": plan, "reason": "back"})
    pathlib.Path(f"{shop.configuration}.away").rename(shop.configuration)
    found = audit.events(shop, "configuration.refused", "control.")[1:]
    assert [(r["BULKHEAD_EVENT"], r["BULKHEAD_REASON"], r["BULKHEAD_ACTOR_UID"]) for r in found] == [
        ("configuration.refused", "one more", "0"), ("control.configuration-apply", "one more", "0"),
        ("configuration.refused", "back", "0"), ("control.configuration-rollback", "back", "0")]
    assert all(r.get("BULKHEAD_RESULT", "refused") == "refused" for r in found)
    assert "version 1 stays in force" in found[0]["MESSAGE"]


def test_starts_stops_and_crashes_of_the_supervisor_are_told_apart(daemon):
    daemon.configure("projects: {}\n")
    daemon.start()
    daemon.kill(signal.SIGTERM)
    daemon.start()
    daemon.kill(signal.SIGKILL)
    daemon.start()
    found = [record["BULKHEAD_EVENT"] for record in audit.events(daemon, "supervisor.")]
    kinds = [kind for kind in found if kind in ("supervisor.started", "supervisor.stopped",
                                                "supervisor.crashed")]
    assert sorted(kinds) == ["supervisor.crashed"] + ["supervisor.started"] * 3 + [
        "supervisor.stopped"]
    assert kinds[:2] == ["supervisor.started", "supervisor.stopped"]


def test_a_launch_names_its_isolation_and_a_run_its_cause(shop):
    (launch,) = audit.events(shop, "sandbox.launched")
    assert launch["BULKHEAD_PROJECT"] == "shop"
    assert launch["BULKHEAD_NAMESPACES"] == "user,mount,pid,ipc,uts,net,cgroup"
    assert launch["BULKHEAD_PROFILE"] == "default" and "-" in launch["BULKHEAD_IDS"]
    shop.cli("exec", "--reason", "look", "shop", "sh", "-c", "exit 3", check=False)
    ended = eventually(
        lambda: [r for r in audit.events(shop, "run.ended") if "exec" in r["BULKHEAD_WORKLOAD"]],
        "its end")
    run = ended[0]["BULKHEAD_RUN"]
    # Also of one that was over before anybody could look.
    (begun,) = [r for r in audit.events(shop, "run.started") if r["BULKHEAD_RUN"] == run]
    assert begun["BULKHEAD_FILTER"] and begun["BULKHEAD_PROFILE"] == "default"
    assert ended[0]["BULKHEAD_CAUSE"] == "exited"
    assert controls(shop)[-1]["BULKHEAD_REASON"] == "look"
    # Its number here is known of one that was seen alive.
    shop.cli("exec", "shop", "sleep", "2")
    ended = eventually(lambda: len(r := [r for r in audit.events(shop, "run.ended") if "exec" in r[
        "BULKHEAD_WORKLOAD"]]) == 2 and r, "its end")
    assert int(ended[1]["OBJECT_PID"]) > 1


def test_a_supervisor_that_could_not_even_begin_is_no_crash_that_nobody_knows_of(daemon):
    """Whether the last one crashed is decided with the record of the start, and not after it."""
    daemon.configure("projects: {}\n")
    daemon.start()
    daemon.kill(signal.SIGTERM)
    change_ledger(
        daemon, "CREATE TRIGGER halt BEFORE INSERT ON facts WHEN NEW.name = 'departed' "
        "AND NEW.value = 0 BEGIN SELECT RAISE(FAIL, 'halt'); END")
    daemon.start(wait=False)
    assert daemon.process.wait(timeout=60) != 0
    assert "halt" in daemon.text()
    change_ledger(daemon, "DROP TRIGGER halt")
    daemon.start()
    kinds = [record["BULKHEAD_EVENT"] for record in audit.events(daemon, "supervisor.")]
    ended = kinds.count("supervisor.stopped") + kinds.count("supervisor.crashed")
    assert kinds.count("supervisor.started") == ended + 1, kinds


def test_another_strategy_and_one_that_fails_are_in_the_trail(daemon, tmp_path):
    program = tmp_path / "divide"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    daemon.configure(
        "global: { scheduling_interval_seconds: 1, resource_rebalance_interval_seconds: 1 }\n"
        "projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    daemon.await_ready("shop")
    daemon.cli("schedule", "strategy", str(program), "--reason", "our own")
    (failed,) = eventually(lambda: audit.events(daemon, "schedule.custom"), "it is told")
    assert failed["PRIORITY"] == "3" and failed["BULKHEAD_VIA"] == "scheduler"
    assert "is not followed" in failed["MESSAGE"] and failed["BULKHEAD_CAUSE"]
    (wish,) = audit.events(daemon, "control.schedule-strategy")
    (change,) = audit.events(daemon, "schedule.strategy")
    assert change["BULKHEAD_FROM"] and change["BULKHEAD_TO"] == str(program)
    assert change["BULKHEAD_REASON"] == "our own" and change["BULKHEAD_ACTOR_UID"] == "0"
    # One transaction: nothing comes between.
    assert int(change["BULKHEAD_SEQ"]) == int(wish["BULKHEAD_SEQ"]) + 1


def test_a_strategy_that_cannot_be_recorded_is_not_chosen(daemon):
    daemon.configure("projects: {}\n")
    daemon.start()
    daemon.kill(signal.SIGTERM)
    change_ledger(
        daemon, "CREATE TRIGGER halt BEFORE INSERT ON audit "
        "WHEN instr(NEW.bytes, 'schedule.strategy') BEGIN SELECT RAISE(FAIL, 'halt'); END")
    daemon.start()
    before = daemon.call("ScheduleShow")["strategy"]
    assert daemon.cli("schedule", "strategy", "fair_share", check=False).returncode == 1
    assert daemon.call("ScheduleShow")["strategy"] == before != "fair_share"
    assert [record["BULKHEAD_RESULT"] for record in controls(daemon)] == ["refused"]


@pytest.mark.native
def test_without_a_journal_the_trail_is_unwell_and_what_is_old_goes_all_the_same(daemon):
    daemon.configure("projects: {}\n")
    daemon.start()

    def health():
        (found,) = daemon.call("Health", {"component": "audit"})["components"]
        return found

    eventually(lambda: not health()["ok"], "it is known that nothing is kept")
    assert "there is no journald" in health()["text"] and "start systemd-journald" in health()["text"]
    for _ in range(3):
        daemon.cli("config", "apply")
    daemon.kill(signal.SIGTERM)
    days = 91 * 86_400_000_000
    change_ledger(daemon, f"UPDATE audit SET at = at - {days} WHERE seq <= 4")
    daemon.start()
    (told,) = eventually(lambda: [
        fields for fields in map(audit.parse, audit.stored(daemon))
        if fields["BULKHEAD_EVENT"] == "audit.pruned"], "it is taken out")
    assert told["BULKHEAD_RANGE"] == told["BULKHEAD_PRUNED_UNSEEN"] == "1-4"
    assert audit.parse(audit.stored(daemon)[0])["BULKHEAD_SEQ"] == "5"
