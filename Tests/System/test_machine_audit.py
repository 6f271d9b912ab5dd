"""The audit trail reaches the journal whole: every record once, in order, whatever becomes of journald
and of the supervisor."""

import ctypes
import os
import time

import pytest

from harness import trail
from harness.daemon import eventually
from harness.journald import Journald, Trail
from harness.unit import UNIT, command

pytestmark = pytest.mark.machine

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"


@pytest.fixture
def running(installed):
    """The installed supervisor with a project that is ready."""
    installed.configure("projects:\n" + installed.project("shop", SLEEPER))
    installed.start()
    installed.await_ready("shop")
    return installed


@pytest.fixture
def audit(running):
    return Trail(running)


@pytest.fixture
def journald():
    with Journald() as one:
        yield one


def act(supervisor, first, count):
    """Actions that can be told apart by their reason; returns the reasons."""
    reasons = [f"action {number}" for number in range(first, first + count)]
    with supervisor.connect() as connection:
        for number, reason in enumerate(reasons):
            connection.call("QuotaSet", {"reason": reason, "changes": [
                {"project": "shop", "name": "pids", "value": str(200 + number)}]})
    return reasons


def reasons_of(chain, event="control.quota-set"):
    return [one["REASON"] for one in chain.values() if one["EVENT"] == event]


def test_a_record_has_all_its_fields_and_journald_vouches_for_its_sender(running, audit):
    running.cli("quota", "set", "shop", "--pids", "321", "--reason", "more orders")
    chain = audit.verified()
    (one,) = [each for each in chain.values() if each["EVENT"] == "control.quota-set"]
    assert one["MESSAGE"] == "shop: root asked for: quota-set: shop pids 321 (more orders)"
    assert one["PRIORITY"] in "56" and len(one["MESSAGE_ID"]) == 32
    assert {name: one[name] for name in ("ACTOR", "ACTOR_UID", "ACTOR_GID", "VIA", "REASON", "RESULT")} == {
        "ACTOR": "root", "ACTOR_UID": "0", "ACTOR_GID": "0", "VIA": "cli",
        "REASON": "more orders", "RESULT": "accepted"}
    assert '"pids"' in one["REQUEST"] and '"321"' in one["REQUEST"]
    (change,) = [each for each in chain.values() if each["EVENT"] == "quota.changed"]
    assert (change["PROJECT"], change["LIMIT"], change["TO"]) == ("shop", "pids", "321")
    assert change["ACTOR_UID"] == "0"
    for each in chain.values():
        assert (each["_UID"], each["_COMM"], each["_SYSTEMD_UNIT"]) == ("0", "bulkheadd", UNIT), each
        assert each["_EXE"] == "/usr/sbin/bulkheadd" and each["_PID"] == str(running.main_pid), each
        assert each["SYSLOG_IDENTIFIER"] == "bulkheadd"
        assert each["REPUBLISHED"] is None
        assert abs(int(each["AT"]) - time.time() * 1e6) < 600e6
    events = [each["EVENT"] for each in chain.values()]
    assert events[0] == "audit.chain" and "supervisor.started" in events
    launched = next(each for each in chain.values() if each["EVENT"] == "sandbox.launched")
    assert launched["NAMESPACES"] and launched["IDS"] and launched["CAPABILITIES"] is not None


def test_what_ends_in_order_ends_with_a_signed_head(running, audit):
    act(running, 0, 3)
    command("systemctl", "stop", UNIT)
    chain = audit.verified()
    last = chain[max(chain)]
    assert (last["EVENT"], chain[last.sequence - 1]["EVENT"]) == ("audit.head", "supervisor.stopped")
    # The checker would see one that is not good.
    signature = last.fields[b"BULKHEAD_SIGNATURE"]
    last.fields[b"BULKHEAD_SIGNATURE"] = (b"1" if signature[:1] == b"0" else b"0") + signature[1:]
    with pytest.raises(AssertionError):
        trail.check_head(last, audit.public)


def test_a_stopped_journald_loses_nothing(running, audit, journald):
    wanted = act(running, 0, 5)
    journald.stop()
    wanted += act(running, 5, 20)
    journald.start()
    wanted += act(running, 25, 5)
    # journald may have had some in its socket, which are sent again.
    assert reasons_of(audit.verified(lost=None)) == wanted


def test_a_journald_that_is_killed_again_and_again_loses_nothing(running, audit, journald):
    wanted = []
    for number in range(4):
        wanted += act(running, 10 * number, 10)
        journald.kill()
    assert reasons_of(audit.verified(lost=None)) == wanted


def test_what_a_full_disk_has_not_kept_is_sent_again_marked_and_told(installed, journald):
    with journald.small_disk(32) as disk:
        installed.configure("projects:\n" + installed.project("shop", SLEEPER))
        installed.start()
        installed.await_ready("shop")
        audit = Trail(installed)
        wanted = act(installed, 0, 3)
        audit.complete()
        disk.fill()
        wanted += act(installed, 3, 20)
        assert len(audit.records()) < audit.tip, "the disk was not full"
        disk.free()
        wanted += act(installed, 23, 3)
        found = audit.verified(lost=None)
        assert reasons_of(found) == wanted
        assert any(one["REPUBLISHED"] for one in found.values())
        command("systemctl", "stop", UNIT)


def test_what_a_rate_limit_has_taken_is_sent_again(installed, journald):
    installed.override("LogRateLimitIntervalSec=10s\nLogRateLimitBurst=10")
    installed.configure("projects:\n" + installed.project("shop", SLEEPER))
    installed.start()
    installed.await_ready("shop")
    audit = Trail(installed)
    wanted = act(installed, 0, 40)
    assert len(audit.records()) < audit.tip, "nothing was taken"
    found = audit.verified(lost=None)
    assert reasons_of(found) == wanted
    assert any(one["EVENT"] == "audit.gap" for one in found.values())


@pytest.mark.repeated
def test_a_supervisor_killed_at_any_moment_loses_no_record_and_doubles_none(
        running, audit, repetitions, random_source):
    known, unsure = [], set()
    for turn in range(repetitions(8)):
        pid = running.main_pid
        delay = random_source.random() * 0.3
        child = os.fork()
        if child == 0:
            time.sleep(delay)
            os.kill(pid, 9)
            os._exit(0)
        number = 0
        try:
            with running.connect() as connection:
                while True:
                    reason = f"turn {turn} action {number}"
                    unsure.add(reason)
                    connection.call("QuotaSet", {"reason": reason, "changes": [
                        {"project": "shop", "name": "pids", "value": str(200 + number)}]})
                    unsure.discard(reason)
                    known.append(reason)
                    number += 1
        except (OSError, AssertionError):
            pass
        os.waitpid(child, 0)
        eventually(lambda: running.main_pid not in (0, pid) and running.answers(), "its successor")
    found = audit.verified(lost=None)
    reasons = reasons_of(found)
    assert [each for each in reasons if each not in unsure] == known
    assert len(reasons) == len(set(reasons))
    crashes = [one for one in found.values() if one["EVENT"] == "supervisor.crashed"]
    starts = [one for one in found.values() if one["EVENT"] == "supervisor.started"]
    assert len(crashes) == len(starts) - 1


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def set_clock(seconds_forward):
    libc = ctypes.CDLL(None, use_errno=True)
    now = time.time() + seconds_forward
    value = Timespec(int(now), int(now % 1 * 1e9))
    assert libc.clock_settime(0, ctypes.byref(value)) == 0, os.strerror(ctypes.get_errno())


def test_a_clock_that_is_set_is_told(running, audit):
    for seconds, text in ((7_200, "forward by 7"), (-7_200, "back by 7")):
        set_clock(seconds)
        told = eventually(
            lambda: [one for one in audit.records() if one["EVENT"] == "clock.jumped"
                     and text in one["MESSAGE"]], f"{text}…")
        assert len(told) == 1
        moved = int(told[0]["TO"]) - int(told[0]["FROM"])
        assert abs(moved - seconds * 1_000_000) < 60_000_000
    audit.verified()
    # Records from the hours that were taken back do not hide what came after them.
    running.cli("stop", "shop")
    since = int(time.time()) + 1
    report = eventually(lambda: time.time() > since + 1 and running.cli(
        "audit", "report", "--since", f"@{since}").stdout, "a second has passed")
    assert "\n| shop | before " in report, report
