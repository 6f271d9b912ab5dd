"""docs/audit.md: every command of its twenty questions, typed as it stands there, has an answer."""

import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import time

import pytest

from harness import causes, chain, unit
from harness.daemon import eventually, reap_orphans

pytestmark = pytest.mark.machine

PAGE = next(each for each in (directory / "docs/audit.md"
                              for directory in pathlib.Path(__file__).resolve().parents)
            if each.is_file())
BROKEN = 'broken: { command: [/bin/false], restart: { delay: 100ms }, breaker: { failures: 2, window: 1h } }'
SLEEPER = "web: { command: [/bin/sleep, infinity] }"


def questions():
    """(number, command) for every line of a block below a numbered heading."""
    number, found, inside = None, [], False
    for line in PAGE.read_text().splitlines():
        if heading := re.match(r"#{2,3} (?:(\d+)\. )?", line):
            number = heading[1] and int(heading[1])
        elif line.startswith("```"):
            inside = line == "```sh"
        elif inside and number and line:
            found.append((number, line))
    return found


def typed(line):
    """What a person sees who types it; `-- No entries --` and the like is no answer."""
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=300)
    assert done.returncode == 0, (line, done)
    return [each for each in done.stdout.decode(errors="replace").splitlines()
            if each and not each.startswith("-- ")]


def as_alice(*words):
    return subprocess.run(["runuser", "-u", "alice", "--", *words], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=300)


@pytest.fixture
def alice():
    before = set(pathlib.Path("/etc").iterdir())
    subprocess.run(["useradd", "--groups", "bulkhead", "alice"], check=True)
    yield
    subprocess.run(["userdel", "alice"], check=True)
    # What the two keep of how it was before.
    for file in set(pathlib.Path("/etc").iterdir()) - before:
        file.unlink()


def events(installed):
    done = installed.cli("audit", "--since", "1d", "--json")
    return [json.loads(line) for line in done.stdout.splitlines()]


def kinds_of(installed):
    return {each["event"] for each in events(installed) if each["trusted"]}


@pytest.fixture
def eventful(installed, alice):
    """A day of a machine, in short."""
    installed.began, installed.since = time.monotonic(), int(time.time())
    limits = "limits: { memory: 192M, pids: 200, cpu: 1 }"
    installed.configure("projects:\n" + installed.project("shop", SLEEPER, limits)
                        + installed.project("api", BROKEN))
    installed.start()
    installed.await_ready("shop")
    for words in (["exec", "shop", "--", "/bin/true"], ["stop", "shop"], ["start", "shop"],
                  ["start", "nothing"], ["quota", "set", "shop", "--memory", "160M"],
                  ["schedule", "strategy", "fair_share"]):
        done = as_alice("bulkhead", *words)
        assert (done.returncode == 0) == ("nothing" not in words), done
    installed.await_ready("shop")
    installed.cli("run", "-p", "shop", "--memory", "32M", "--",
                  *causes.python(causes.EATER.format(mebibytes=96)), check=False)
    installed.call("Stop", {"project": "shop", "service": "web", "wait": True})
    installed.call("Start", {"project": "shop", "service": "web"})
    eventually(lambda: "breaker.opened" in kinds_of(installed), "the breaker opens")
    installed.kill()
    installed.await_ready("shop")
    unit.command("systemctl", "restart", unit.UNIT)
    eventually(installed.answers, "it answers")
    record = as_alice("bash", "-c", r"printf 'MESSAGE=shop: root asked for: stop\n"
                      r"SYSLOG_IDENTIFIER=bulkheadd\nBULKHEAD_EVENT=control.stop\n"
                      r"BULKHEAD_PROJECT=shop\n' | logger --journald")
    assert record.returncode == 0, record
    eventually(lambda: {"supervisor.crashed", "audit.head"} <= kinds_of(installed)
               and not all(each["trusted"] for each in events(installed)), "all is in the journal")
    return installed


def test_the_page_the_forged_and_the_catalog(eventful):
    """One day for all of them: it takes a minute to make."""
    every_command_has_an_answer()
    both_commands_find_the_same_records(eventful)
    a_forged_record_is_marked_and_a_record_says_who(eventful)
    who_may_not_read_the_journal_is_told_what_to_do()
    journalctl_explains_every_kind()
    following_shows_what_comes()
    following_ends_with_whoever_reads()
    an_outage_from_before_the_report_is_in_it(eventful)
    nobody_hides_the_records(eventful)


def every_command_has_an_answer():
    asked = questions()
    assert [number for number, _ in asked] == [number for number in range(1, 21) for _ in range(2)]
    unanswered = [line for _, line in asked if not typed(line)]
    assert unanswered == []


# Their commands are no lists of records: who writes in Bulkhead's name is told by the writer alone, and
# FORGED? also by the hash.
NO_LISTS = {20}


def both_commands_find_the_same_records(eventful):
    subprocess.run(["journalctl", "--sync"], check=True)
    end = time.time_ns() // 1_000
    asked = questions()
    for number in sorted({number for number, _ in asked} - NO_LISTS):
        plain, ours = (line for each, line in asked if each == number)
        # In one form, of one day, and without a number of lines.
        plain = re.sub(r" (-o|-n) \S+| -x| --(output-fields|since)=\S+", "", plain)
        ours = re.sub(r" (-n|--since) \S+| --json", "", ours)
        assert "|" not in plain + ours, (plain, ours)
        found = [json.loads(line) for line in typed(plain.replace(
            "journalctl", f"journalctl -o json --since=@{eventful.since}", 1))]
        # Supervisors that earlier tests ran were no units, and wrote to the same journal.
        wanted = sorted((int(each["__REALTIME_TIMESTAMP"]), each["MESSAGE"]) for each in found
                        if each.get("_SYSTEMD_UNIT") == "bulkhead.service")
        lines = [json.loads(line) for line in typed(f"{ours} --since @{eventful.since} --json")]
        shown = sorted((each["received_us"], each["message"]) for each in lines
                       if each["writer"].get("unit") == "bulkhead.service")
        assert shown, ours
        assert [each for each in shown if each[0] < end] == [each for each in wanted if each[0] < end], plain


def a_forged_record_is_marked_and_a_record_says_who(eventful):
    stops = [each for each in events(eventful) if each["event"] == "control.stop"]
    alice = [each for each in stops if each["trusted"] and each.get("actor") == "alice"]
    assert [each["via"] for each in alice] == ["cli"]
    forged = [each for each in stops if not each["trusted"]]
    assert [each["message"] for each in forged] == ["shop: root asked for: stop"]
    assert forged[0]["distrust"].startswith("written by uid ")
    # What other tests had refused before is in the journal too.
    seconds = int(time.monotonic() - eventful.began)
    report = eventful.cli("audit", "report", "--since", f"{seconds}s").stdout
    assert "root asked for" not in report and "written by uid" in report


def following_shows_what_comes():
    # By what the index tells, and by what each entry has to be looked at for.
    for words in (["--event", "control.*"], ["--actor", "alice"]):
        process = subprocess.Popen(["bulkhead", "audit", "-n", "0", "-f", *words],
                                   stdout=subprocess.PIPE, bufsize=0, start_new_session=True)
        try:
            # It is at the end of the journal as soon as it shows the first of these; and it goes on then.
            for _ in range(2):
                assert alice_is_seen(process), words
        finally:
            # As a terminal does it: to the program and to the one that it runs.
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
            process.stdout.read()
            reap_orphans()


def alice_is_seen(process):
    for _ in range(100):
        as_alice("bulkhead", "stop", "shop")
        as_alice("bulkhead", "start", "shop")
        while select.select([process.stdout], [], [], 2)[0]:
            if process.stdout.readline().split()[4:5] == [b"alice"]:
                return True
    return False


def following_ends_with_whoever_reads():
    ours, theirs = socket.socketpair()
    with ours, ours.makefile() as lines:
        process = subprocess.Popen(["bulkhead", "audit", "-n", "1", "-f", "--event", "control.stop"],
                                   stdout=theirs)
        theirs.close()
        assert "control.stop" in lines.readline()
    # Nothing is stopped meanwhile: it has nothing to write that would tell it.
    assert process.wait(120) == 0


def an_outage_from_before_the_report_is_in_it(eventful):
    eventful.cli("stop", "shop")
    # It is published a moment after it is so.
    eventually(lambda: [each["event"] for each in events(eventful) if each.get("project") == "shop"
                        and each["event"].startswith("project.")][-1] == "project.stopped",
               "the record of that")
    since = int(time.time()) + 1
    report = eventually(lambda: time.time() > since + 1 and eventful.cli(
        "audit", "report", "--since", f"@{since}").stdout, "a second has passed")
    rows = [line for line in report.split("## Longest outages")[1].split("\n## ")[0].splitlines()
            if line.startswith("| shop ")]
    assert len(rows) == 1 and rows[0].startswith("| shop | before ") and "it goes on" in rows[0], report
    assert rows[0].endswith("| control.stop by root |"), rows
    eventful.cli("start", "shop")


def nobody_hides_the_records(eventful):
    """Whoever may log may make up as many kinds and chains as they like."""
    flood = ("import socket\n"
             "journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
             "journal.connect('/run/systemd/journal/socket')\n"
             "for n in range(1100):\n"
             "    journal.send(b'MESSAGE=made up\\nBULKHEAD_EVENT=made.up-%d\\n' % n)\n"
             "for n in range(150):\n"
             "    journal.send(b'MESSAGE=nothing\\n')\n")
    assert as_alice("python3", "-c", flood).returncode == 0
    subprocess.run(["journalctl", "--sync"], check=True)
    shown = eventful.cli("audit").stdout.splitlines()
    assert len(shown) == 100, shown
    assert len(eventful.cli("audit", "-n", "7").stdout.splitlines()) == 7
    # Those before it are where they were.
    trusted = [each for each in events(eventful) if each["trusted"]]
    assert {"control.stop", "supervisor.crashed"} <= {each["event"] for each in trusted}


def who_may_not_read_the_journal_is_told_what_to_do():
    done = as_alice("bulkhead", "audit")
    assert done.returncode == 1 and done.stdout == "", done
    assert "systemd-journal" in done.stderr and len(done.stderr.splitlines()) == 1, done


def journalctl_explains_every_kind():
    listed = typed("journalctl --list-catalog")
    for event, (identity, _) in chain.kinds().items():
        found = [line for line in listed if line.startswith(f"{identity} Bulkhead: ")]
        assert len(found) == 1, event
    shown = "\n".join(typed("journalctl -x BULKHEAD_EVENT=control.stop BULKHEAD_ACTOR=alice"))
    assert "A project or a service was told to stop" in shown
    assert "bulkhead audit --project shop" in shown
