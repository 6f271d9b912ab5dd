"""bulkhead audit verify of exports that the tests write: what somebody can do who has no key, and what must
not look as if all were well. The machine has nothing of ours to read."""

import datetime
import json
import signal
import subprocess

import pytest

from harness import audit as ledger
from harness import chain, sandbox
from harness.daemon import eventually

pytestmark = pytest.mark.native

MARKED = {"BULKHEAD_REPUBLISHED": "1"}
BARE = ("BULKHEAD_CHAIN", "BULKHEAD_SEQ", "BULKHEAD_PREV", "BULKHEAD_HASH")


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return chain.Key(tmp_path_factory.mktemp("key"))


@pytest.fixture
def true(key):
    """A chain of 14 records with heads as 6, 11 and 14; its records and its anchors."""
    one = chain.Chain(key)
    records, anchors = [one.add("audit.chain", "begins"), one.add("supervisor.started", "started")], []
    for number in range(3, 15):
        if number in (6, 11, 14):
            record, line = one.head()
            anchors.append(line)
        else:
            record = one.add("project.ready", f"shop: is ready {number}", project="shop")
        records.append(record)
    return one, records, anchors


@pytest.fixture
def verify(tmp_path, key):
    """Runs it on an export of these; the exit status, the findings as `kind first-last`, and all it said."""
    def run(entries, *words, anchors=None, public=(key.public,)):
        path = chain.export(tmp_path / "trail.export", entries)
        for one in public:
            words = (*words, "--public-key", one)
        if anchors is not None:
            (tmp_path / "anchors").write_text("".join(f"{line}\n" for line in anchors))
            words = (*words, "--anchors", tmp_path / "anchors")
        done = command("--journal", path, "--json", *words)
        found = [f"{one['kind']} {one.get('first', '?')}-{one.get('last', '?')}"
                 for one in json.loads(done.stdout)["findings"]] if done.stdout else None
        return done.returncode, found, done
    return run


def command(*words, wrap=()):
    words = [sandbox.find_program(), "audit", "verify", *words]
    return subprocess.run([*wrap, *map(str, words)], check=False, capture_output=True, text=True,
                          env=sandbox.environment({"TZ": "UTC"}), timeout=sandbox.DEADLINE_SECONDS)


def forged(count, event="project.ready", **keywords):
    one = chain.Chain(**keywords)
    return [one.add("audit.chain", "begins"),
            *(one.add(event, "shop: made up", project="shop") for _ in range(count - 1))]


def test_one_of_a_thing_is_said_as_one(tmp_path, key):
    one = chain.Chain(key)
    begun = one.add("audit.chain", "begins")
    path = chain.export(tmp_path / "one.export", [begun, one.head()[0]])
    said = command("--journal", path, "--public-key", key.public).stdout
    assert "  1 signed head, key " in said, said
    said = command("--journal", path, "--no-signatures").stdout
    assert "  1 head; signatures were NOT checked" in said, said
    path = chain.export(tmp_path / "bare.export", [begun])
    said = command("--journal", path, "--no-signatures").stdout
    assert ": 1 record, 1–1, " in said, said


def test_a_true_trail_is_clean(true, verify):
    _, records, anchors = true
    assert verify(records, anchors=anchors)[:2] == (0, [])
    assert verify(records, "--no-signatures", public=())[:2] == (0, [])


def test_a_trail_that_was_made_up_is_not_clean(true, verify):
    assert verify(forged(3_001, step=1))[:2] == (1, ["unsigned 1-3001"])
    # What just began has no signature yet, and that is said.
    status, found, done = verify(forged(5))
    assert (status, found) == (0, []) and "anybody could have made it up" in done.stdout
    one, records, anchors = true
    tail = [one.add("project.ready", "shop: made up", project="shop") for _ in range(5_000)]
    assert verify([*records, *tail], anchors=anchors)[:2] == (1, ["unsigned 15-5014"])


def test_what_is_behind_all_anchors_is_compared_with_the_last(true, verify):
    one, records, anchors = true
    one.previous = "5" * 64
    made_up = [one.add("project.ready", "shop: made up", project="shop") for _ in range(5)]
    status, found, _ = verify(made_up, anchors=anchors[:2])
    assert (status, found) == (1, ["unsigned 15-19"])
    one.sequence, one.previous = 13, "5" * 64
    made_up = [one.add("project.ready", "shop: made up", project="shop") for _ in range(5)]
    assert verify(made_up, anchors=anchors)[:2] == (1, ["inserted 14-14"])
    assert verify(records[13:], anchors=anchors)[:2] == (0, [])


def test_gaps_and_starts_that_anybody_could_add_excuse_nothing(true, verify):
    one, records, _ = true
    gap = one.add("audit.gap", "lost", range="1-1000000")
    status, found, _ = verify([*records, gap, *(record | MARKED for record in records)])
    assert status == 1 and len([each for each in found if each.startswith("twice")]) == 13
    start = one.add("supervisor.started", "started")
    moved = [*records[:4], *records[5:], gap, start, records[4] | MARKED]
    assert verify(moved)[:2] == (1, ["reordered 5-5"])


def test_a_cut_is_not_hidden_behind_a_start(key, verify):
    one = chain.Chain(key)
    records, anchors = [one.add("audit.chain", "begins")], []
    for number in range(2, 41):
        if number in (10, 20, 30, 40):
            record, line = one.head()
            anchors.append(line)
        else:
            record = one.add("supervisor.started" if number == 25 else "project.ready", "shop: is ready")
        records.append(record)
    # 1 to 8 as if they had been sent once more, and nothing of 9 to 24.
    entries = [records[24], *(record | MARKED for record in records[:8]), *records[25:]]
    for kept in (anchors, None):
        status, found, done = verify(entries, anchors=kept)
        assert status == 1 and "missing 9-24" in found, done


def test_who_sends_more_than_a_record_has_is_named_and_hides_none(true, verify):
    one, records, anchors = true
    def large(identity):
        fields = {"BULKHEAD_CHAIN": identity, "BULKHEAD_SEQ": "5", "BULKHEAD_HASH": "0" * 64,
                  "BULKHEAD_EVENT": "project.ready", "SYSLOG_IDENTIFIER": "bulkheadd"}
        fields |= {f"X{number}": "1" for number in range(1_024)}
        return chain.entry(fields, uid="1000", exe="/tmp/bulkheadd", unit=None)
    flood = [large(f"{number:032x}") for number in range(256)]
    status, found, done = verify([*flood, large(one.identity), *records], anchors=anchors)
    assert (status, found) == (1, ["forged 5-5"] * 257), done
    verdict = json.loads(done.stdout)
    assert [each["last"] for each in verdict["chains"]] == [14]
    assert "it came from uid 1000" in verdict["findings"][0]["text"]
    assert verify([*flood, *records], "--chain", one.identity)[:2] == (0, [])


def test_what_tells_of_anchors_is_no_end_of_any_length(true, verify):
    one, records, _ = true
    tail = [one.add("audit.anchor-failed", "root asked for: stop of shop", at=one.now + 600_000_000)
            for _ in range(300)]
    assert verify([*records, *tail])[:2] == (1, ["unsigned 15-314"])
    assert verify(tail)[:2] == (1, ["unsigned 15-314"])


def test_many_holes_and_much_that_was_changed(key, verify):
    """Not each of one with each of the other."""
    one, count = chain.Chain(key), 30_000
    entries = [one.add("audit.chain", "begins")]
    for _ in range(count):
        one.sequence += count + 200
        entries.append(one.add("project.ready", "is ready"))
    entries += [{"BULKHEAD_CHAIN": one.identity, "BULKHEAD_SEQ": str(10 ** 15 + number),
                 "BULKHEAD_HASH": "0" * 64, "BULKHEAD_EVENT": "project.ready", "MESSAGE": "changed"}
                for number in range(count)]
    assert verify(entries)[0] == 1


def test_a_gap_of_several_ranges_is_one(true, verify):
    one, records, _ = true
    for text in ("4, 7-8", "4, 7, 8"):
        gap = one.add("audit.gap", "lost", range=text)
        again = [records[number - 1] | MARKED for number in (4, 7, 8)]
        rest = [record for record in records if record["BULKHEAD_SEQ"] not in ("4", "7", "8")]
        assert verify([*rest, gap, *again, one.head()[0]])[:2] == (0, [])
        one.sequence, one.previous = 14, records[13]["BULKHEAD_HASH"]
    for text in ("4,7-8", "4-", "8-7, 4", "9" * 5_000, ", ".join(["1"] * 2_000), ""):
        gap = one.add("audit.gap", "lost", range=text)
        assert verify([*rest, gap, *again, one.head()[0]])[0] == 1
        one.sequence, one.previous = 14, records[13]["BULKHEAD_HASH"]


def test_a_record_without_a_place_in_a_chain_is_named(true, verify):
    _, records, _ = true
    bare = {name: value for name, value in records[3].items() if name not in BARE}
    status, found, done = verify([*records, bare | {"BULKHEAD_EVENT": "control.stop"}])
    assert (status, found) == (1, ["inserted ?-?"]) and "control.stop without a place" in done.stdout
    assert verify([*records, bare | {"BULKHEAD_EVENT": "supervisor.failure"}])[:2] == (0, [])


def test_what_begins_a_chain_tells_where_the_one_before_ended(true, key, verify):
    one, records, anchors = true
    last = records[-1]
    two = chain.Chain(key, begin=one.now)
    second = [two.add("audit.chain", "begins", old_chain=one.identity, old_seq="14",
                      old_hash=last["BULKHEAD_HASH"]), two.head()[0]]
    assert verify([*records, *second])[:2] == (0, [])
    assert verify([*records[:9], *second])[:2] == (1, ["cut-off 10-14"])
    for kept in (None, anchors):
        status, found, done = verify(second, anchors=kept)
        assert (status, found) == (0, []) and "which is not here" in done.stdout
    assert verify(second[:1], anchors=anchors)[:2] == (1, ["cut-off 5-5", "cut-off 10-10", "cut-off 13-13"])
    # As the whole was before that time.
    entries = [*records, *second]
    status, found, _ = verify(entries, "--since", f"@{second[0]['BULKHEAD_AT'][:-6]}", anchors=anchors)
    assert (status, found) == (0, [])
    for fields in ({}, {"old_chain": "0" * 32, "old_seq": "14", "old_hash": last["BULKHEAD_HASH"]}):
        two = chain.Chain(key, begin=one.now)
        second = [two.add("audit.chain", "begins", **fields), two.head()[0]]
        assert verify([*records, *second])[:2] == (1, ["chain-replaced 1-1"])


def test_either_key_may_have_signed(true, verify, tmp_path):
    one, records, _ = true
    (tmp_path / "other").mkdir()
    old, one.key = one.key, chain.Key(tmp_path / "other")
    records.append(one.head()[0])
    status, found, done = verify(records, public=(old.public, one.key.public))
    assert (status, found) == (0, [])
    assert {each["key"]: each["to"] for each in json.loads(done.stdout)["chains"][0]["signers"]} == {
        old.number: 13, one.key.number: 14}
    for public in (old, one.key):
        status, found, _ = verify(records, public=(public.public,))
        assert status == 1 and any("head-forged" in each for each in found)


def test_nothing_is_not_clean(true, verify):
    one, records, anchors = true
    status, _, done = verify([])
    assert status == 2 and "nothing to verify: no record in 0 entries" in done.stderr
    assert json.loads(done.stdout)["clean"] is False and len(done.stderr.splitlines()) == 1
    status, _, done = verify(records, "--since", "2030-01-01")
    assert status == 2 and "begin earlier" in done.stderr
    status, found, done = verify(records, "--since", "2030-01-01", anchors=anchors)
    assert (status, found) == (2, []) and "begin earlier" in done.stderr
    status, _, done = verify(records, "--chain", "0" * 32, anchors=anchors)
    assert status == 2 and one.identity in done.stderr and len(done.stderr.splitlines()) == 1


def test_what_cannot_be_read_to_its_end_is_neither_clean_nor_judged_whole(true, key, tmp_path):
    _, records, _ = true
    path = chain.export(tmp_path / "trail.export", records)
    words = ("--journal", path, "--public-key", key.public)
    assert command(*words).returncode == 0
    path.write_bytes(path.read_bytes() + b"__REALTIME_TIMESTAMP=1\nMESSAGE=it ends wi")
    done = command(*words)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stdout, done
    # Also where something was found before that.
    chain.export(path, [*records[:3], *records[4:]])
    assert command(*words).returncode == 1
    path.write_bytes(path.read_bytes() + b"__REALTIME_TIMESTAMP=1\nMESSAGE=it ends wi")
    assert command(*words).returncode == 2


def test_since_takes_what_follows_though_the_clock_was_set_back(true, verify):
    _, records, _ = true
    at = [chain.FIRST + number * 60_000_000 for number in range(14)]
    at[10:] = [moment - 3_600_000_000 for moment in at[10:]]
    entries = [chain.entry(record, at=moment) for record, moment in zip(records, at)]
    status, found, done = verify(entries, "--since", "2026-11-18T10:44:30")
    assert (status, found) == (0, []) and json.loads(done.stdout)["chains"][0]["last"] == 14


def test_an_anchor_with_a_number_beyond_all_is_refused(true, verify):
    _, records, anchors = true
    words = anchors[0].split(" ")
    words[3] = str((1 << 64) - 1)
    status, _, done = verify(records, "--no-signatures", anchors=[" ".join(words)], public=())
    assert status == 2 and "line 1: it is no signed head" in done.stderr
    words[3] = str((1 << 63) - 1)
    assert verify(records, "--no-signatures", anchors=[" ".join(words)], public=())[:2] == (
        1, [f"cut-off 15-{words[3]}"])


def test_half_a_line_of_the_anchors_is_passed_over_and_told_of(true, verify):
    _, records, anchors = true
    for half in (anchors[1][:5], anchors[1][:60], anchors[1][:-1]):
        # As an append after a power cut leaves it; and as other machines end their lines.
        status, found, done = verify(
            records[:11], anchors=[anchors[0] + "\r", half, anchors[2]])
        assert (status, found) == (1, ["cut-off 12-13"])
        assert "line 2 is no whole head and passed over" in done.stderr
        # Both of them are of this chain, and the last is of more than is here.
        assert json.loads(done.stdout)["anchors_good"] == 2
        status, _, done = verify(records, anchors=[half])
        assert status == 2 and "line 1 is no whole head" in done.stderr
    # Whoever gives another file by mistake is told so.
    for line in ("x", anchors[0] + "0", anchors[0] + " " + anchors[1]):
        status, _, done = verify(records, anchors=[anchors[0], line])
        assert status == 2 and "line 2: it is no signed head" in done.stderr


def test_since_may_begin_behind_the_last_head_and_a_part_may_not(true, verify):
    _, records, _ = true
    at = [chain.FIRST + number * 60_000_000 for number in range(13)]
    entries = [chain.entry(record, at=moment) for record, moment in zip(records, at)]
    begin = datetime.datetime.fromtimestamp(at[11] // 1_000_000 - 30, datetime.timezone.utc)
    status, found, _ = verify(entries, "--since", begin.strftime("%Y-%m-%dT%H:%M:%S"))
    assert (status, found) == (0, [])
    assert verify(entries[11:])[:2] == (1, ["unsigned 12-13"])


# Where this machine's own key would be, there is what the script puts there.
PLACES = """mount --make-rprivate / && mount -t tmpfs none /run && mount -t tmpfs none /var/lib &&
mkdir -p /run/bulkhead /var/lib/bulkhead/audit && chmod 700 /var/lib/bulkhead && %s;
exec setpriv --reuid %d --clear-groups "$@\""""


def test_the_key_is_the_supervisors_own_where_it_may_be_read(true, key, tmp_path):
    _, records, _ = true
    for parent in (tmp_path, *list(tmp_path.parents)[:-2]):
        parent.chmod(parent.stat().st_mode | 0o055)
    path = chain.export(tmp_path / "trail.export", records)
    path.chmod(0o644)
    known = chain.Key(tmp_path)
    copied = f"cp {key.public} /run/bulkhead/audit-public.pem && chmod 644 /run/bulkhead/*"
    hidden = f"cp {key.public} /var/lib/bulkhead/audit/public.pem"
    def run(script, *words, user=65_534):
        return command("--journal", path, *words,
                       wrap=("unshare", "-m", "sh", "-ec", PLACES % (script, user), "sh"))
    done = run(copied)
    assert done.returncode == 0 and key.number in done.stdout, done
    for script, reason in (("true", "EACCES"), (hidden, "EACCES")):
        done = run(script)
        assert done.returncode == 2 and not done.stdout and reason in done.stderr
        assert "--public-key FILE, or --no-signatures" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    done = run("true", "--no-signatures")
    assert done.returncode == 0 and "signatures were NOT checked" in done.stdout
    # One that is there and is none is no reason to take another.
    assert run("echo x > /run/bulkhead/audit-public.pem").returncode == 2
    # Who may look there takes the supervisor's own, and no other in its place.
    (tmp_path / "other").mkdir()
    other = chain.Key(tmp_path / "other")
    assert run(f"{hidden} && cp {other.public} /run/bulkhead/audit-public.pem", user=0).returncode == 0
    done = run(f"{copied} && echo x > /var/lib/bulkhead/audit/public.pem", user=0)
    assert done.returncode == 2 and not done.stdout and "/var/lib/bulkhead/audit" in done.stderr
    assert run(copied, user=0).returncode == 0
    # In another directory is the state of another one.
    done = run(copied, "--state", tmp_path / "none")
    assert done.returncode == 2 and "ENOENT" in done.stderr
    for file, hint in ((tmp_path / "none", "is to hold a key of Ed25519"), (path, "in PEM, as")):
        done = command("--journal", path, "--public-key", file)
        assert done.returncode == 2 and hint in done.stderr
    done = command("--journal", path, "--no-signatures", "--public-key", known.public)
    assert done.returncode == 2 and "needs no key" in done.stderr


def test_the_supervisor_says_what_verifying_needs(daemon):
    daemon.configure("global: {audit: {sign_every: 20s, sign_every_records: 50}}\nprojects: {}\n")
    daemon.start()
    published = daemon.run / "audit-public.pem"
    assert published.read_text() == (daemon.state / "audit/public.pem").read_text()
    assert published.stat().st_mode & 0o777 == 0o644
    eventually(lambda: ledger.events(daemon, "configuration.applied"), "the configuration")
    (applied,) = ledger.events(daemon, "configuration.applied")
    assert (applied["BULKHEAD_SIGN_EVERY_RECORDS"], applied["BULKHEAD_SIGN_EVERY"]) == ("50", "20000000")
    daemon.kill(signal.SIGTERM)
    head = ledger.events(daemon, "audit.head")[-1]
    assert (head["BULKHEAD_SIGN_EVERY_RECORDS"], head["BULKHEAD_SIGN_EVERY"]) == ("50", "20000000")
    assert len(ledger.events(daemon, "supervisor.reconciled")) == 1
    assert not ledger.events(daemon, "audit.key")
    (daemon.state / "audit/key.pem").unlink()
    public = published.read_text()
    daemon.start()
    daemon.kill(signal.SIGTERM)
    started = ledger.events(daemon, "supervisor.started")
    assert [each["BULKHEAD_SIGN_EVERY_RECORDS"] for each in started] == ["1000", "50"]
    assert len(ledger.events(daemon, "supervisor.reconciled")) == 2
    (changed,) = ledger.events(daemon, "audit.key")
    assert changed["BULKHEAD_OLD_KEY"] == head["BULKHEAD_HEAD_KEY"]
    last = ledger.events(daemon, "audit.head")[-1]
    assert changed["BULKHEAD_HEAD_KEY"] == last["BULKHEAD_HEAD_KEY"] != head["BULKHEAD_HEAD_KEY"]
    # What the old one signed can still be verified.
    former = daemon.state / f"audit/public-{head['BULKHEAD_HEAD_KEY']}.pem"
    assert former.read_text() == public != published.read_text()
    daemon.start()
    daemon.kill(signal.SIGTERM)
    assert sorted(path.name for path in former.parent.iterdir()) == [
        "key.pem", former.name, "public.pem"]
