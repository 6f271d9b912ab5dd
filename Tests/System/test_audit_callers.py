"""What callers ask for is written down before it is done, with who they were when they connected; what could
not be done has a record of its own."""

import array
import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3

import pytest

from harness import audit, full_disk, storage
from harness.daemon import Connection, Refused, eventually

pytestmark = pytest.mark.native

SLEEPER = "main: { command: [/bin/sleep, infinity] }"
TASKS = "tasks: { migrate: { command: [/bin/sh, -c, 'exit 0', migrate] } }"


@pytest.fixture
def shop(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER, TASKS))
    daemon.start()
    daemon.await_ready("shop")
    return daemon


def controls(daemon, *more):
    return audit.events(daemon, "control.", *more)


def results(records):
    return [(each["BULKHEAD_EVENT"], each["BULKHEAD_RESULT"]) for each in records]


# Before anything is touched


def test_what_cannot_be_written_down_is_not_done_and_its_refusal_is_not_lost(daemon):
    with full_disk.small(daemon):
        daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
        daemon.start()
        before = daemon.await_ready("shop")["services"][0]
        filler = full_disk.leave_no_room(daemon)
        done = len(controls(daemon))
        for method, parameters in (
                ("Kill", {"project": "shop", "signal": int(signal.SIGKILL), "whole": True}),
                ("SnapshotCreate", {"project": "shop", "name": "one"}), ("Optimize", {}),
                ("ConfigurationApply", {}), ("Pause", {"project": "shop"}),
                ("Start", {"project": "nobody"})):
            with pytest.raises(Refused):
                daemon.call(method, {**parameters, "reason": "no room"})
        after = daemon.show("shop")
        assert after["phase"] == "active" and after["services"][0]["pid"] == before["pid"]
        assert not (storage.home(daemon) / "snapshots").exists()
        filler.unlink()
        daemon.call("Pause", {"project": "shop"})
        told = eventually(lambda: len(c := controls(daemon)) >= done + 7 and c[done:], "its records")
        refused = [each for each in told if each.get("BULKHEAD_REASON") == "no room"]
        assert results(refused) == [
            (f"control.{kind}", "refused") for kind in
            ("kill", "snapshot-create", "schedule-decide", "configuration-apply", "pause", "start")]


def test_no_terminal_is_given_and_no_snapshot_deleted_without_a_record(daemon):
    with full_disk.small(daemon):
        daemon.configure("projects:\n" + daemon.project(
            "shop", "main: { command: [/bin/sleep, infinity], terminal: true }"))
        daemon.start()
        daemon.await_ready("shop")
        daemon.call("SnapshotCreate", {"project": "shop", "name": "one"})
        pid = daemon.show("shop")["services"][0]["pid"]
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        init = int(stat.rsplit(")", 1)[1].split()[1])
        filler = full_disk.leave_no_room(daemon)
        with pytest.raises(Refused):
            daemon.call("SnapshotRemove", {"project": "shop", "name": "one"})
        with daemon.connect() as connection:
            # Whoever has the terminal gives it as soon as they are asked and can.
            os.kill(init, signal.SIGSTOP)
            try:
                with pytest.raises(Refused):
                    connection.call("Attach", {"project": "shop"})
                filler.unlink()
            finally:
                os.kill(init, signal.SIGCONT)
            # Who was refused is still there, and has nothing.
            daemon.call("Attach", {"project": "shop"})
        assert len(audit.events(daemon, "session.opened")) == 1
        # It is there, and nobody is at it.
        daemon.call("SnapshotRemove", {"project": "shop", "name": "one"})


def test_a_rescue_does_not_end_without_a_record(daemon):
    with full_disk.small(daemon):
        daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
        daemon.start()
        daemon.await_ready("shop")
        with daemon.connect() as rescuer:
            rescuer.send("Rescue", {"project": "shop"}, more=True)
            rescuer.result()
            filler = full_disk.leave_no_room(daemon)
            for parameters, reason in (({"on": False}, "no room"), ({}, "being rescued")):
                with pytest.raises(Refused) as refused:
                    daemon.call("Rescue", {"project": "shop", **parameters})
                assert reason in refused.value.parameters["message"], refused.value.parameters
            filler.unlink()
            daemon.call("Rescue", {"project": "shop", "on": False})


def test_a_plan_is_no_action(shop):
    shop.call("Optimize", {"plan": True})
    shop.call("QuotaSet", {"plan": True, "changes": [
        {"project": "shop", "name": "pids", "value": "200"}]})
    with contextlib.suppress(Refused):
        shop.call("ConfigurationRollback", {"plan": True, "version": 1})
    # What would be refused is refused.
    for method, parameters in (("Optimize", {}), ("ConfigurationRollback", {"version": 1})):
        with pytest.raises(Refused) as refused:
            shop.call(method, {**parameters, "plan": True, "reason": "x" * 1_025})
        assert "longer than 1024 bytes" in refused.value.parameters["message"]
    assert [each["BULKHEAD_EVENT"] for each in controls(shop, "quota.", "configuration.")] == [
        "configuration.applied"]
    shop.call("Optimize", {})
    assert results(controls(shop)) == [("control.schedule-decide", "accepted")]


# What came of it


def test_what_was_accepted_and_failed_is_told_by_a_record_that_names_the_first(shop):
    for words in (("snapshot", "remove", "shop", "nosuch"), ("snapshot", "create", "shop", "one"),
                  ("snapshot", "create", "shop", "one"), ("snapshot", "remove", "shop", "one")):
        shop.cli(*words, "--reason", "tidy", check=False)
    records = controls(shop, "storage.")
    assert [(r["BULKHEAD_EVENT"], r.get("BULKHEAD_RESULT")) for r in records] == [
        ("control.snapshot-remove", "accepted"), ("control.failed", "failed"),
        ("control.snapshot-create", "accepted"), ("storage.snapshot", None),
        ("control.snapshot-create", "accepted"), ("control.failed", "failed"),
        ("control.snapshot-remove", "accepted"), ("storage.snapshot", None)]
    for accepted, failed in ((0, 1), (4, 5)):
        assert records[failed]["BULKHEAD_ACTION"] == records[accepted]["BULKHEAD_SEQ"]
        for field in ("BULKHEAD_REQUEST", "BULKHEAD_ACTOR_UID", "BULKHEAD_REASON"):
            assert records[failed][field] == records[accepted][field]
        assert records[failed]["PRIORITY"] == "4" and "failed: " in records[failed]["MESSAGE"]


def failed_after(daemon, kind):
    """The action, and the record that it came to nothing."""
    accepted, failed = eventually(lambda: len(c := controls(daemon)) == 2 and c, "both are told")
    assert results([accepted, failed]) == [(kind, "accepted"), ("control.failed", "failed")]
    assert failed["BULKHEAD_ACTION"] == accepted["BULKHEAD_SEQ"]
    return failed


@pytest.mark.parametrize("how", ["left", "ended"])
def test_who_did_not_get_a_terminal_though_it_was_accepted_is_told(daemon, how):
    daemon.configure("projects:\n" + daemon.project(
        "shop", "main: { command: [/bin/sleep, infinity], terminal: true }"))
    daemon.start()
    daemon.await_ready("shop")
    processes = daemon.call("Processes", {"project": "shop"})["processes"]
    (init,) = [each["pid"] for each in processes if each["workload"] == "init"]
    # It gives nobody the terminal before it goes on.
    os.kill(init, signal.SIGSTOP)
    try:
        with daemon.connect() as connection:
            connection.send("Attach", {"project": "shop", "reason": "look"})
            eventually(lambda: controls(daemon), "it is accepted")
            if how == "ended":
                os.kill(init, signal.SIGKILL)
                with pytest.raises(Refused) as refused:
                    connection.result()
                assert "has ended" in refused.value.parameters["message"]
        failed = failed_after(daemon, "control.attach")
    finally:
        if how == "left":
            os.kill(init, signal.SIGCONT)
    assert how in failed["MESSAGE"] and failed["BULKHEAD_REASON"] == "look"
    assert audit.events(daemon, "session.") == []


@pytest.mark.parametrize("method, more", [
    ("Attach", {}), ("Rescue", {}), ("Execute", {"command": ["true"], "terminal": True})])
def test_what_is_somebodys_while_they_are_there_is_refused_to_who_takes_no_reply(daemon, method, more):
    configured = "main: { command: [/bin/sleep, infinity], terminal: true }"
    storage.configure(daemon, storage.entry(
        daemon, "shop", "storage: volume", "volume_kind: directory", "services:", f"  {configured}"))
    daemon.start()
    daemon.await_ready("shop")
    with daemon.connect() as connection:
        connection.send(method, {"project": "shop", "reason": "try", **more}, oneway=True)
        connection.call("List")
        (record,) = controls(daemon)
    assert record["BULKHEAD_EVENT"] == f"control.{method.lower()}", record
    assert (record["BULKHEAD_RESULT"], record["BULKHEAD_REASON"]) == ("refused", "try")
    assert "without `oneway`" in record["MESSAGE"]


def test_a_limit_is_touched_after_the_wish_is_written_down(daemon):
    storage.configure(daemon, storage.entry(
        daemon, "shop", "storage: volume", "volume_kind: tmpfs", limits="disk: 24M"))
    daemon.start()
    daemon.await_ready("shop")
    storage.inside(daemon, "shop", "head -c 16M /dev/zero > large")
    outcome = daemon.cli("quota", "set", "shop", "--disk", "8M", "--reason", "tidy", check=False)
    assert outcome.returncode == 1 and "in use" in outcome.stderr
    failed = [r for r in controls(daemon) if r["BULKHEAD_EVENT"] != "control.execute"]
    assert results(failed) == [("control.quota-set", "accepted"), ("control.failed", "failed")]
    assert failed[1]["BULKHEAD_ACTION"] == failed[0]["BULKHEAD_SEQ"]
    assert failed[1]["BULKHEAD_REASON"] == "tidy" and "in use" in failed[1]["MESSAGE"]


def test_what_is_under_way_when_the_supervisor_is_killed_has_who_wanted_it(shop):
    shop.kill(signal.SIGTERM)
    ledger = sqlite3.connect(f"{shop.state}/ledger.db")
    # Where nobody is written down who wanted it, nothing gets under way.
    ledger.execute("CREATE TRIGGER halt BEFORE INSERT ON pending_quotas WHEN NOT EXISTS "
                   "(SELECT 1 FROM audit WHERE instr(bytes, 'control.quota-set')) "
                   "BEGIN SELECT RAISE(FAIL, 'halt'); END")
    ledger.commit()
    ledger.close()
    shop.start()
    shop.call("QuotaSet", {"changes": [{"project": "shop", "name": "pids", "value": "200"}]})
    assert results(controls(shop)) == [("control.quota-set", "accepted")]


def test_that_what_was_stored_is_deleted_is_told(daemon):
    daemon.configure("projects:\n")
    daemon.start()
    daemon.configure("projects:\n" + storage.entry(
        daemon, "shop", "storage: volume", "volume_kind: directory"), "projects.d/shop.yaml")
    daemon.cli("config", "apply")
    eventually(lambda: daemon.show("shop")["phase"] == "active", "it is active")
    daemon.call("Remove", {"project": "shop"})
    eventually(lambda: not daemon.call("List")["projects"], "it is gone")
    daemon.call("Remove", {"project": "shop", "storage": True})
    found = eventually(lambda: audit.events(daemon, "storage.removed"), "its storage is deleted")
    assert [each["BULKHEAD_PROJECT"] for each in found] == ["shop"]
    assert results(controls(daemon))[-2:] == [("control.remove", "accepted")] * 2
    assert json.loads(controls(daemon)[-1]["BULKHEAD_REQUEST"]) == {"project": "shop", "storage": True}


# What was asked for


def test_a_command_has_all_that_was_asked_for_and_what_was_started(shop):
    shop.cli("run", "-p", "shop", "--user", "1234", "migrate", "--", "now")
    record = controls(shop)[-1]
    asked = json.loads(record["BULKHEAD_REQUEST"])
    assert record["BULKHEAD_EVENT"] == "control.execute"
    assert asked["task"] == "migrate" and asked["project"] == "shop" and asked["kind"] == "task"
    assert asked["user"] == 1234 and asked["command"] == ["now"]
    assert "environment" not in asked and "token" not in asked
    begun = eventually(lambda: [r for r in audit.events(shop, "run.started")
                                if r.get("BULKHEAD_TASK") == "migrate"], "it has begun")[0]
    assert begun["BULKHEAD_COMMAND"] == "/bin/sh -c 'exit 0' migrate now"
    assert (begun["BULKHEAD_RUN_UID"], begun["BULKHEAD_RUN_GID"]) == ("1234", "1234")
    service = audit.events(shop, "run.started")[0]
    assert service["BULKHEAD_COMMAND"] == "/bin/sleep infinity" and "BULKHEAD_TASK" not in service


def test_a_request_that_is_too_long_shows_what_each_part_of_it_was(shop):
    words = ["sh", "-c", "é" * 10_000, *(["padding"] * 2_000)]
    with contextlib.suppress(Refused):
        shop.call("Execute", {"project": "shop", "command": words, "logged": True, "user": 7,
                              "environment": {"SECRET": "s3cret"}, "token": "t0ken"})
    request = controls(shop)[-1]["BULKHEAD_REQUEST"]
    asked = json.loads(request)
    assert len(request.encode()) <= 4_000 and asked["user"] == 7
    assert asked["command"][:2] == ["sh", "-c"] and asked["command"][2].endswith("… (20000 bytes)")
    assert asked["command"][-1] == f"… and {len(words) - len(asked['command']) + 1} more"
    assert "s3cret" not in request and "t0ken" not in request


def test_a_call_that_the_interface_turns_away_is_recorded_if_it_is_an_action(shop):
    for method, parameters in (("Stop", {"project": 5}), ("Kill", {"project": "shop", "signal": "x"}),
                               ("None", {}), ("Show", {"project": 5})):
        with pytest.raises(Refused):
            shop.call(method, parameters)
    records = controls(shop)
    assert results(records) == [("control.stop", "refused"), ("control.kill", "refused")]
    assert json.loads(records[0]["BULKHEAD_REQUEST"]) == {"project": 5}
    assert records[1]["BULKHEAD_PROJECT"] == "shop" and records[0]["BULKHEAD_ACTOR_UID"] == "0"
    with shop.connect() as connection:
        for _ in range(150):
            for method in ("Stop", "Start"):
                with contextlib.suppress(Refused):
                    connection.call(method, {"project": 5})
    # What was counted is written down at the end of its ten seconds, or of the supervisor.
    shop.kill(signal.SIGTERM)
    told = controls(shop, "supervisor.stopped")
    assert told.pop()["BULKHEAD_EVENT"] == "supervisor.stopped" and len(told) <= 44
    assert {(r["BULKHEAD_EVENT"], r["BULKHEAD_RESULT"], r["BULKHEAD_ACTOR_UID"], r["BULKHEAD_VIA"])
            for r in told} == {(f"control.{verb}", "refused", "0", "api")
                               for verb in ("start", "stop", "kill")}
    assert sum(int(r.get("BULKHEAD_COUNT", 1)) for r in told) == 302
    sums = [r for r in told if "BULKHEAD_COUNT" in r]
    assert {r["BULKHEAD_EVENT"] for r in sums} == {"control.start", "control.stop"}
    for each in sums:
        assert "of root for st" in each["MESSAGE"] and each["PRIORITY"] == "4"
        assert "BULKHEAD_ACTOR_PID" not in each and each["BULKHEAD_ACTOR"] == "root"


# Who it was


def passed_by_a_child(daemon, is_reaped, asks):
    """A connection that a child made and gave away, and the child's number; the child has ended."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        # As if it had logged in: nobody else here has.
        pathlib.Path("/proc/self/loginuid").write_text("4242")
        connection = Connection(daemon.socket)
        if asks:
            connection.call("List")
        theirs.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                 array.array("i", [connection.socket.fileno()]))])
        os._exit(0)
    _, ancillary, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
    connection = Connection.__new__(Connection)
    connection.socket = socket.socket(fileno=array.array("i", ancillary[0][2])[0])
    connection.socket.settimeout(60)
    connection.buffer, connection.descriptors = b"", []
    os.waitid(os.P_PID, child, os.WEXITED | (0 if is_reaped else os.WNOWAIT))
    ours.close()
    theirs.close()
    return connection, child


def test_who_acted_is_who_connected_whatever_became_of_them(shop):
    connection, child = passed_by_a_child(shop, True, asks=True)
    # Nobody with this number is there any more, and nothing of it is looked up now.
    with connection:
        connection.call("Pause", {"project": "shop"})
    (record,) = controls(shop)
    assert record["BULKHEAD_ACTOR_PID"] == str(child) and record["BULKHEAD_VIA"] == "api"
    assert record["BULKHEAD_ACTOR_LOGIN_UID"] == "4242"


@pytest.mark.parametrize("is_reaped", [True, False])
def test_a_connection_whose_maker_is_gone_is_turned_away(shop, is_reaped):
    # It connects and ends before the supervisor has a look.
    os.kill(shop.process.pid, signal.SIGSTOP)
    try:
        connection, child = passed_by_a_child(shop, is_reaped, asks=False)
    finally:
        os.kill(shop.process.pid, signal.SIGCONT)
    with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send("Pause", {"project": "shop"})
        assert connection.receive() is None
    if not is_reaped:
        os.waitpid(child, 0)
    assert controls(shop) == [] and shop.show("shop")["phase"] == "active"
