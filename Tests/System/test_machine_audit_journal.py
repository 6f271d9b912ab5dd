"""The audit trail beside what systemd offers: a journal namespace, sealed keys, rate limits; and a ledger
that was put back."""

import json
import pathlib
import shutil
import subprocess

import pytest

from harness import chain
from harness.daemon import eventually
from harness.unit import UNIT, command, properties

pytestmark = pytest.mark.machine

SEALED = pathlib.Path("/etc/credstore.encrypted/bulkhead.audit-key")


def records(*arguments):
    """Fields of the trail's records, the oldest first."""
    command("journalctl", "--sync")
    text = command("journalctl", "--quiet", "--all", "--output=json", "_UID=0",
                   "SYSLOG_IDENTIFIER=bulkheadd", *arguments)
    found = [json.loads(line) for line in text.splitlines()]
    return [each for each in found if "BULKHEAD_SEQ" in each]


def last_of(chain, *arguments):
    return max((int(each["BULKHEAD_SEQ"]) for each in records(*arguments)
                if each["BULKHEAD_CHAIN"] == chain), default=0)


@pytest.fixture
def running(installed):
    installed.configure("global: {audit: {sign_every: 1s}}\nprojects: {}\n")
    installed.start()
    return installed


def confirmed(supervisor):
    text = supervisor.call("Health", {"component": "audit"})["components"][0]["text"]
    return "not known to be in the journal" not in text


def test_a_namespace_of_its_own_has_the_records_and_they_are_confirmed_there(installed):
    installed.configure("projects: {}\n")
    installed.override("LogNamespace=bulkhead")
    installed.start()
    eventually(lambda: confirmed(installed), "the records are confirmed")
    found = eventually(lambda: records("--namespace=bulkhead"), "records in the namespace")
    chain = found[-1]["BULKHEAD_CHAIN"]
    started = [each for each in found if each["BULKHEAD_EVENT"] == "supervisor.started"]
    # Each once: a reader of the wrong journal would have sent them again.
    numbers = [each["BULKHEAD_SEQ"] for each in found if each["BULKHEAD_CHAIN"] == chain]
    assert started and len(numbers) == len(set(numbers))
    assert started[-1]["BULKHEAD_SEQ"] not in [
        each["BULKHEAD_SEQ"] for each in records() if each["BULKHEAD_CHAIN"] == chain]


def put_back(kept, running):
    for path in running.state.glob("ledger.db*"):
        path.unlink()
    for path in kept.glob("ledger.db*"):
        shutil.copy2(path, running.state)


def test_a_ledger_that_was_put_back_begins_a_new_chain(running, tmp_path):
    eventually(lambda: confirmed(running), "the records are confirmed")
    command("systemctl", "stop", UNIT)
    kept = tmp_path / "state"
    shutil.copytree(running.state, kept)
    running.start()
    old = eventually(records, "records")[-1]["BULKHEAD_CHAIN"]
    eventually(lambda: confirmed(running), "the records are confirmed")
    command("systemctl", "stop", UNIT)
    last = last_of(old)
    put_back(kept, running)
    running.start()
    (first,) = eventually(
        lambda: [each for each in records("BULKHEAD_EVENT=audit.chain")
                 if each.get("BULKHEAD_OLD_CHAIN") == old], "a new chain")
    assert (first["BULKHEAD_SEQ"], first["PRIORITY"]) == ("1", "2")
    assert first["BULKHEAD_OLD_SEQ"] == str(last)
    new = first["BULKHEAD_CHAIN"]
    eventually(lambda: confirmed(running), "the records are confirmed")
    # Nothing came after it in the old chain, and what this supervisor did is in the new one.
    assert last_of(old) == last
    events = [each["BULKHEAD_EVENT"] for each in records() if each["BULKHEAD_CHAIN"] == new]
    assert "supervisor.started" in events
    # The next start finds all in order.
    command("systemctl", "restart", UNIT)
    eventually(lambda: confirmed(running), "the records are confirmed")
    assert records()[-1]["BULKHEAD_CHAIN"] == new
    # The same once more: what it names is the chain that the journal ends with.
    command("systemctl", "stop", UNIT)
    put_back(kept, running)
    last = last_of(new)
    running.start()
    (third,) = eventually(
        lambda: [each for each in records("BULKHEAD_EVENT=audit.chain")
                 if each.get("BULKHEAD_OLD_CHAIN") == new], "a third chain")
    assert third["BULKHEAD_OLD_SEQ"] == str(last)
    eventually(lambda: confirmed(running), "the records are confirmed")
    command("systemctl", "stop", UNIT)
    command("journalctl", "--sync")
    path = tmp_path / "trail.export"
    path.write_bytes(b"".join(
        subprocess.run(["journalctl", "--all", "--output=export", f"BULKHEAD_CHAIN={chain}"],
                       check=True, capture_output=True).stdout for chain in (
                           old, new, third["BULKHEAD_CHAIN"])))
    verified = running.cli("audit", "verify", "--journal", path, "--public-key",
                           running.state / "audit/public.pem", check=False)
    assert "chain-replaced" not in verified.stdout, verified.stdout


def test_a_new_ledger_names_the_chain_before_it(running):
    eventually(lambda: confirmed(running), "the records are confirmed")
    eventually(lambda: records("BULKHEAD_EVENT=audit.head"), "a head")
    old = records()[-1]["BULKHEAD_CHAIN"]
    command("systemctl", "stop", UNIT)
    for path in running.state.glob("ledger.db*"):
        path.unlink()
    running.start()
    (first,) = eventually(
        lambda: [each for each in records("BULKHEAD_EVENT=audit.chain")
                 if each.get("BULKHEAD_OLD_CHAIN") == old], "a new chain")
    assert (first["BULKHEAD_SEQ"], first["PRIORITY"]) == ("1", "4")


def test_a_key_that_systemd_unseals_is_used(running):
    public = (running.state / "audit/public.pem").read_text()
    command("systemctl", "stop", UNIT)
    is_new = not SEALED.parent.exists()
    SEALED.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = running.state / "audit/key.pem"
    try:
        command("systemd-creds", "encrypt", "--name=bulkhead.audit-key", "--with-key=host",
                str(key), str(SEALED))
        key.unlink()
        running.start()
        assert (running.state / "audit/public.pem").read_text() == public
        assert not key.exists()
        assert "no key" not in running.call("Health", {"component": "audit"})["components"][0]["text"]
        # Whoever is not given it makes no other.
        command("systemctl", "stop", UNIT)
        done = command("bulkheadd", "--make-audit-key", check=False)
        assert done == "" and not key.exists()
    finally:
        SEALED.unlink(missing_ok=True)
        if is_new:
            SEALED.parent.rmdir()


def test_the_unit_lets_a_hundred_audited_actions_a_second_through_and_no_flood(running):
    found = properties(UNIT, "LogRateLimitIntervalUSec", "LogRateLimitBurst")
    assert found["LogRateLimitIntervalUSec"] == "10s"
    # Four records each; a flood of more than that is bounded.
    assert 4 * 100 * 10 <= int(found["LogRateLimitBurst"]) <= 20_000


def test_exports_and_journals_are_read_as_they_are_given(running, tmp_path):
    eventually(lambda: confirmed(running), "the records are confirmed")
    other = chain.Chain()
    made = chain.export(tmp_path / "made.export", [other.add("audit.chain", "begins")])
    identity = pathlib.Path("/etc/machine-id").read_text().strip()
    (journal,) = [place for place in (pathlib.Path(f"/{parent}/log/journal/{identity}")
                                      for parent in ("var", "run")) if place.is_dir()]
    own = records()[-1]["BULKHEAD_CHAIN"]
    for places, wanted in (((made, journal), (other.identity, own)), ((journal, made), (own, other.identity))):
        words = [word for place in places for word in ("--journal", str(place))]
        verdict = json.loads(command(
            "bulkhead", "audit", "verify", "--no-signatures", "--json", *words, check=False))
        found = [each["id"] for each in verdict["chains"] if each["id"] in wanted]
        assert found == list(wanted), verdict
