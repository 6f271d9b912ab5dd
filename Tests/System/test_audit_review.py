"""bulkhead audit, report and key, out of an export: what is shown, what is marked, and what hostile
entries cannot do. The export is the test's own."""

import base64
import hashlib
import json
import pathlib
import re
import subprocess

import pytest

from harness import chain, sandbox

CATALOG = next((each for each in (sandbox.REPOSITORY / "cgroups/bulkhead.catalog",
                                  pathlib.Path("/usr/lib/systemd/catalog/bulkhead.catalog"))
                if each.is_file()))


def audit(*words, check=True, **keywords):
    done = subprocess.run([sandbox.find_program(), "audit", *map(str, words)], check=False,
                          capture_output=True, timeout=sandbox.DEADLINE_SECONDS,
                          env=sandbox.environment({"TZ": "UTC", "NO_COLOR": None}), **keywords)
    if check:
        assert done.returncode == 0, done
    return done


def lines(*words):
    return audit(*words).stdout.decode().splitlines()


def objects(*words):
    return [json.loads(line) for line in lines("--json", *words)]


def day():
    """What happens on a day: the chain and its records."""
    one = chain.Chain()
    alice = {"actor": "alice", "actor_uid": "1000", "actor_login_uid": "1000", "via": "cli"}
    bob = {"actor": "bob", "actor_uid": "1001", "via": "cli"}
    records = [
        one.add("audit.chain", "a new chain of records begins"),
        one.add("supervisor.started", "bulkheadd 1 has started", version="1"),
        one.add("control.start", "shop: alice asked for: start (launch)", project="shop",
                result="accepted", reason="launch", **alice),
        one.add("project.ready", "shop: it is ready", project="shop"),
        one.add("run.started", "shop/web: run 7", project="shop", workload="web", run="7"),
        one.add("control.stop", "shop: bob asked for: stop, and was refused: not his", project="shop",
                result="refused", **bob),
        one.add("project.unready", "shop: web is not healthy", project="shop"),
        one.add("run.ended", "shop/web: killed at 1G", project="shop", workload="web", run="7",
                cause="memory-max"),
        one.add("memory.oom", "shop/web: 3 more in 10 s, the last: killed", project="shop",
                workload="web", count="3"),
        one.add("project.ready", "shop: it is ready again", project="shop"),
        one.add("quota.changed", "api: memory went from 1G to 2G", project="api", limit="memory",
                **{"from": "1G", "to": "2G"}, reason="more", **alice),
    ]
    return one, records


# What is read here are exports that the tests write; test_machine_audit_questions.py reads the journal.
pytestmark = pytest.mark.native


@pytest.fixture
def export(tmp_path):
    return chain.export(tmp_path / "day.export", day()[1])


@pytest.mark.both
def test_each_record_is_a_line_in_its_order(export):
    shown = lines("--journal", export)
    assert len(shown) == 11
    assert shown[2] == ("2026-11-18 11:06:43 shop             control.start             alice         "
                        "alice asked for: start (launch)")
    assert shown[5].endswith("bob asked for: stop, and was refused: not his")
    assert not any("FORGED" in line for line in shown)


@pytest.mark.parametrize("words, count", [
    (["--project", "shop"], 8), (["--project", "shop", "--workload", "web"], 3),
    (["--run", "7"], 2), (["--event", "run.*"], 2), (["--event", "run.ended", "--event", "memory.oom"], 2),
    (["--actor", "alice"], 2), (["--actor", "1001"], 1), (["--actor", "nobody"], 0), (["-n", "3"], 3),
    (["--result", "refused"], 1), (["--via", "cli"], 3), (["--via", "api"], 0),
    (["--cause", "memory-max"], 1), (["--cause", "signal"], 0), (["-p", "err"], 0), (["-p", "warning"], 2),
    (["--since", "@1795000000"], 11), (["--until", "2026-11-18 11:06:45"], 5),
    (["-n", "0"], 0), (["--since", "2026-11-18T11:06:45", "--until", "2026-11-18T11:06:47"], 3),
    (["--since", "2026-11-18"], 11), (["--until", "2026-11-17"], 0),
])
def test_only_what_was_asked_for_is_shown(export, words, count):
    assert len(lines("--journal", export, *words)) == count


@pytest.mark.parametrize("words, text", [
    (["--project", "shp"], "of project 'shp'"), (["--actor", "nobody", "--json"], "by 'nobody'"),
    (["--project", "shop", "--via", "api", "--since", "2026-11-18"],
     "of project 'shop', with BULKHEAD_VIA 'api', since 2026-11-18 00:00:00"),
])
def test_where_nothing_fits_it_is_said_what_was_looked_for(export, words, text):
    done = audit("--journal", export, *words)
    assert done.stdout == b""
    # Of a long path there is the beginning.
    assert done.stderr.decode().startswith(f"bulkhead-audit: there is no record {text} in '{str(export)[:40]}")
    assert done.stderr.count(b"\n") == 1


def test_where_no_record_is_asked_for_nothing_is_said(export):
    assert audit("--journal", export, "-n", "0").stderr == b""


def test_json_has_every_field_and_who_wrote_it(export):
    found = objects("--journal", export)
    assert [each["seq"] for each in found] == list(range(1, 12))
    assert all(each["trusted"] and not each["republished"] for each in found)
    assert {"event": "control.start", "project": "shop", "actor": "alice", "actor_uid": 1000,
            "result": "accepted", "reason": "launch", "via": "cli"}.items() <= found[2].items()
    assert found[2]["writer"]["exe"] == "/usr/sbin/bulkheadd"
    assert (found[10]["from"], found[10]["to"]) == ("1G", "2G")


def test_an_entry_that_is_not_what_it_says_is_marked_and_counted(tmp_path):
    _, records = day()
    altered = records[2] | {"BULKHEAD_ACTOR": "mallory"}
    bare = {name: value for name, value in records[2].items() if name != "BULKHEAD_HASH"}
    entries = [*records, altered, bare,
               chain.entry(records[2], uid="1000", exe="/usr/bin/logger", comm="logger"),
               chain.entry(records[2], exe="/tmp/bulkheadd-not"),
               chain.entry(records[2], uid=None),
               chain.entry({"MESSAGE": "hello", "BULKHEAD_PROJECT": "shop"}, uid="100000")]
    export = chain.export(tmp_path / "forged.export", entries)
    done = audit("--journal", export)
    shown = done.stdout.decode().splitlines()
    assert len(shown) == 16 and not any("FORGED" in line for line in shown[:11])
    assert [re.search(r"FORGED\? \((.*?)\)", line)[1] for line in shown[11:]] == [
        "its hash is not that of what it says", "it has no hash", "written by uid 1000, logger",
        "written by uid 0, bulkheadd-not", "written by nobody that journald knows"]
    assert b"5 of these entries are not to be trusted" in done.stderr
    assert [each["trusted"] for each in objects("--journal", export)] == [True] * 11 + [False] * 5
    report = audit("report", "--since", "2026-11-01", "--journal", export).stdout.decode()
    assert "| alice (uid 1000) | control.start | 1 | 0 |" in report and "mallory" not in report
    assert "| written by uid 1000, logger | 1 |" in report


HOSTILE = ["a\nforged line", "\x1b[2J\x1b[31mred", "nul\0inside", "\u202edrawkcab", "x\r\ny", "\x9b2J",
           "| a | b |\n|---|---|\n# title", "<script>x</script> [a](http://b) `c` *d* _e_", "\\", "&lt;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_stands_in_a_record_stays_in_its_line_and_cell(tmp_path, text):
    one = chain.Chain()
    records = [one.add("run.ended", f"shop: {text}", project="shop", cause=text, reason=text),
               one.add("control.stop", text, project="shop", actor=text, result="refused", reason=text),
               one.add("seccomp.denied", text, project="shop", call=text, command=text),
               one.add("project.failed", text, project="shop", reason=text)]
    forged = {"MESSAGE": text, "BULKHEAD_EVENT": text, "BULKHEAD_PROJECT": text, "BULKHEAD_RUN": text,
              "BULKHEAD_TRUSTED": "true", "BULKHEAD_SEQ": text}
    export = chain.export(tmp_path / "hostile.export", [
        *records, chain.entry(forged, uid="1000", exe=text, comm=text)])
    output = audit("--journal", export).stdout
    assert output.count(b"\n") == 5
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]", output)
    assert [each["trusted"] for each in objects("--journal", export)] == [True] * 4 + [False]
    report = audit("report", "--since", "2026-11-01", "--journal", export).stdout.decode()
    headings = [line for line in report.splitlines() if line.startswith("#")]
    assert headings == [line for line in audit(
        "report", "--since", "2026-11-01", "--journal", "/dev/null").stdout.decode().splitlines()
        if line.startswith("#")]
    for line in report.splitlines():
        bars = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
        assert bars in (0, 4, 5, 6, 7, 8), line
        assert not re.search(r"(?<!\\)(?:\\\\)*[<\[*](?!\*)(?![A-Z])", line.replace("**", "")), line


def test_a_field_of_a_megabyte_is_cut_and_its_record_marked(tmp_path):
    one = chain.Chain()
    large = one.add("run.ended", "x" * (1 << 20), project="shop")
    export = chain.export(tmp_path / "large.export", [large, one.add("run.ended", "small")])
    shown = lines("--journal", export)
    assert len(shown) == 2 and len(shown[0]) < 5_000
    many = {f"BULKHEAD_F{number}": "y" * 4_000 for number in range(900)}
    export = chain.export(tmp_path / "many.export", [one.add("run.ended", "wide") | many])
    assert len(lines("--journal", export)) == 1


def test_what_came_again_is_marked_and_trusted(tmp_path):
    _, records = day()
    again = records.pop(4) | {"BULKHEAD_REPUBLISHED": "1"}
    export = chain.export(tmp_path / "again.export", [*records, again])
    assert lines("--journal", export)[-1].endswith("run 7 [republished]")
    report = audit("report", "--since", "2026-11-01", "--journal", export).stdout.decode()
    assert "11 records, 1 to 11; no number is missing; 1 republished, 0 seen twice" in report


def test_what_a_report_has_to_know_of_before_it_is_looked_up(tmp_path):
    one = chain.Chain(step=3_600_000_000)
    export = chain.export(tmp_path / "day.export", [
        one.add("project.lost", "shop: its init died", project="shop"), one.add("run.ended", "x", project="shop"),
        one.add("run.ended", "y", project="shop")])
    report = audit("report", "--since", "2026-11-18 13:00", "--until", "2026-11-18 15:00",
                   "--journal", export).stdout.decode()
    assert "UTC+00:00: 2 records." in report
    assert ("| shop | before 2026-11-18 13:00:00 | after 2026-11-18 15:00:00 | 2h | project.lost "
            "| its init died | no |") in report, report


def test_only_what_is_shown_is_told_of_as_forged(tmp_path):
    _, records = day()
    bad = records[2] | {"BULKHEAD_ACTOR": "mallory"}
    export = chain.export(tmp_path / "day.export", [bad, *records, bad])
    assert b"2 of these entries are not" in audit("--journal", export).stderr
    assert b"1 of these entries is not" in audit("--journal", export, "-n", "5").stderr
    assert audit("--journal", export, "-n", "0").stderr == b""


def test_the_report_says_what_happened(tmp_path):
    _, records = day()
    del records[8]
    export = chain.export(tmp_path / "day.export", records)
    report = audit("report", "--since", "2026-11-18", "--until", "2026-11-19",
                   "--journal", export).stdout.decode()
    for row in (
        "From 2026-11-18 00:00:00 to 2026-11-19 00:00:00 UTC+00:00: 10 records.",
        "| alice (uid 1000) | control.start | 1 | 0 | 2026-11-18 11:06:43 | launch |",
        "| 2026-11-18 11:06:46 | bob (uid 1001) | control.stop | shop |",
        "| shop | memory-max | 1 | 0 | 2026-11-18 11:06:48 | killed at 1G |",
        "| shop | 2026-11-18 11:06:47 | 2026-11-18 11:06:50 | 3s | project.unready | web is not healthy | no |",
        "| 2026-11-18 11:06:51 | api | memory | 1G | 2G | alice (uid 1000) | more |",
        "supervisor.started: 1.", "10 records, 1 to 11; **1 missing** (9);",
    ):
        assert row in report, report
    assert report == audit("report", "--since", "2026-11-18", "--until", "2026-11-19",
                           "--journal", export).stdout.decode()
    # What has not come yet is no outage.
    down = chain.export(tmp_path / "down.export", [chain.Chain().add("project.lost", "shop: lost", project="shop")])
    ends = [re.search(r"\| it goes on \| (.*?) \|", audit(
        "report", "--since", "2026-11-18", *words, "--journal", down).stdout.decode())[1]
        for words in ([], ["--until", "2099-01-01"])]
    assert ends[0].split()[0] == ends[1].split()[0], ends
    mine = audit("report", "--since", "2026-11-18", "--project", "api",
                 "--journal", export).stdout.decode()
    assert "of project api: 1 record." in mine and "memory-max" not in mine


@pytest.mark.parametrize("content", [
    b"__REALTIME_TIMESTAMP=1\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\x7fx\n\n", b"MESSAGE=cut",
    b"\0" * 4096, b"=\n\n", b"A" * 100_000, bytes(range(256)) * 64,
])
def test_an_export_that_is_none_gives_one_line_or_nothing(tmp_path, content):
    path = tmp_path / "bad.export"
    path.write_bytes(content)
    for words in (["--journal", path], ["report", "--since", "1d", "--journal", path]):
        done = audit(*words, check=False)
        assert done.returncode in (0, 1)
        assert len(done.stderr.splitlines()) == done.returncode, done.stderr


def test_what_is_not_there_or_makes_no_sense_is_said(tmp_path):
    for words, status, text in (
        (["--journal", tmp_path / "none"], 1, "none"), (["--journal", tmp_path], 1, "hint:"),
        (["--event", "run.end"], 2, "did you mean 'run.ended'?"), (["report"], 2, "--since 7d"),
        (["report", "--since", "1d", "--actor", "x"], 2, "audit report has no option --actor"),
        (["--workload", "web"], 2, "--project"), (["repotr"], 2, "did you mean 'report'?"),
        (["-f", "--journal", tmp_path], 2, "--follow"), (["--since", "2026-02-31"], 2, "yesterday"),
        (["--since", "1d", "--until", "5d"], 2, "--since 5d --until 1d"), (["key", "--state", tmp_path], 1, "public.pem"),
    ):
        done = audit(*words, check=False)
        assert done.returncode == status and text in done.stderr.decode(), (words, done)
        assert len(done.stderr.splitlines()) == 1 and not done.stdout


def test_the_key_is_printed_with_its_number(tmp_path):
    (tmp_path / "audit").mkdir()
    octets = bytes(range(32))
    # RFC 8410, 4.
    text = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + octets).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
    (tmp_path / "audit/public.pem").write_text(pem)
    printed = audit("key", "--state", tmp_path).stdout.decode()
    assert printed == pem + f"# key {hashlib.sha256(octets).hexdigest()[:16]}\n"
    (tmp_path / "audit/public.pem").write_text("nonsense")
    done = audit("key", "--state", tmp_path, check=False)
    assert done.returncode == 1 and b"no public key" in done.stderr


def test_nobody_who_reads_is_no_failure(tmp_path):
    one = chain.Chain()
    export = chain.export(tmp_path / "long.export", [one.add("run.ended", "x" * 200) for _ in range(5_000)])
    done = subprocess.run(
        ["bash", "-c", '"$0" audit -n 5000 --journal "$1" | head -n 1; echo "${PIPESTATUS[0]}"',
         sandbox.find_program(), export], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] in ("0", "141") and done.stderr == ""


def test_the_catalog_describes_every_kind_and_no_other():
    text = CATALOG.read_text()
    listed = re.findall(r"^-- ([0-9a-f]{32})$", text, re.MULTILINE)
    ids = {identity for identity, _ in chain.kinds().values()}
    assert len(listed) == len(set(listed)) and set(listed) == ids
    overview = subprocess.run([sandbox.find_program(), "help"], check=True, capture_output=True,
                              text=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", overview, re.MULTILINE)
    for part in re.split(r"^-- [0-9a-f]{32}\n", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n\n")
        assert [line.split(":")[0] for line in head.splitlines()] == [
            "Subject", "Defined-By", "Support", "Documentation"], part
        assert "@MESSAGE@" in body and len(body.split()) > 3, part
        assert max(map(len, part.splitlines())) <= 80, part
        # What is suggested can be typed.
        for command in re.findall(r"(?<!group )\bbulkhead\s+([a-z]+)", body):
            assert command in commands, part


def test_what_the_harness_hashes_is_what_the_program_does(export):
    # So that no test passes since both are wrong in one way.
    record = chain.Chain(identity="c" * 32).add("run.ended", "x", at=5, project="shop")
    assert chain.canonical(record).startswith(b"BULKHEAD_AT=1:5\nBULKHEAD_CHAIN=32:cccc")
    assert record["BULKHEAD_HASH"] == hashlib.sha256(chain.canonical(record)).hexdigest()
    assert all(each["trusted"] for each in objects("--journal", export))
