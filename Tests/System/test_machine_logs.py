"""What workloads write is in the journal, whoever floods it and whoever is dead."""

import json
import time

import pytest

from harness.daemon import eventually
from harness.unit import command, scope_of

pytestmark = pytest.mark.machine


def talker(script, name="main"):
    return f"{name}:\n  restart: no\n  command:\n    - /bin/sh\n    - -c\n    - |\n" + "".join(
        f"      {line}\n" for line in script.splitlines())


def records(*matches):
    command("journalctl", "--sync")
    text = command("journalctl", "--quiet", "--all", "--output=json", *matches)
    return [json.loads(line) for line in text.splitlines()]


def messages(project):
    text = command("journalctl", "--quiet", "--all", "--output=cat",
                   f"BULKHEAD_PROJECT={project}", f"_SYSTEMD_UNIT={scope_of(project)}")
    return text.splitlines()


@pytest.fixture
def name(request):
    """Of a project whose records no other test has, in a journal that all share."""
    return "log-" + request.node.name.removeprefix("test_")[:30].replace("_", ".")


def test_a_line_has_its_project_service_and_run_and_the_unit_that_wrote_it(daemon, name):
    daemon.configure("projects:\n" + daemon.project(
        name, talker("echo first; echo second >&2; printf 'no newline'\nsleep infinity", "web")))
    daemon.start()
    daemon.await_ready(name)
    run = daemon.service(name, "web")["run"]
    found = eventually(lambda: len(r := records(f"SYSLOG_IDENTIFIER={name}/web")) >= 2 and r,
                       "two lines")
    for record, (text, priority) in zip(found, (("first", "6"), ("second", "6"))):
        assert record["MESSAGE"] == text
        assert record["BULKHEAD_PROJECT"] == name
        assert record["BULKHEAD_WORKLOAD"] == "web"
        assert record["BULKHEAD_RUN"] == str(run)
        assert record["PRIORITY"] in (priority, "3", "4")
        assert record["_SYSTEMD_UNIT"] == scope_of(name)
        assert record["_TRANSPORT"] == "journal"
    told = daemon.cli("logs", f"{name}/web").stdout.splitlines()
    assert [line.rpartition(" ")[2] for line in told] == ["first", "second"], told
    lines = [json.loads(line)["line"] for line in
             daemon.cli("logs", f"{name}/web", "--json").stdout.splitlines() if '"line"' in line]
    assert [line["message"] for line in lines] == ["first", "second"]
    assert {line["run"] for line in lines} == {run}


FLOOD_LINES = 20_000
STEADY_LINES = 60


def test_a_flood_is_limited_and_another_project_loses_nothing(daemon, name):
    flood, steady = name + ".f", name + ".s"
    daemon.configure("projects:\n" + daemon.project(
        flood, talker(f"seq -f 'flood %.0f' 1 {FLOOD_LINES}\necho over >&2\nsleep infinity"),
        "log_rate: { lines_per_second: 50, burst: 200 }") + daemon.project(
        steady, talker("for n in $(seq 1 %d); do echo steady $n; sleep 0.05; done\n"
                       "sleep infinity" % STEADY_LINES)))
    daemon.start()
    for each in (flood, steady):
        daemon.await_ready(each)
    time.sleep(STEADY_LINES * 0.1)
    eventually(lambda: f"steady {STEADY_LINES}" in messages(steady), "the steady one is done")
    assert messages(steady) == [f"steady {n}" for n in range(1, STEADY_LINES + 1)]

    def counted():
        found = messages(flood)
        lines = [each for each in found if each.startswith("flood ")]
        told = [each.split()[0] for each in found if each.endswith("lines suppressed")]
        return len(lines) + sum(map(int, told)), lines, told

    # Every line is either there or counted: one is the "over".
    total, lines, told = eventually(
        lambda: (c := counted())[0] >= FLOOD_LINES and c, "all of it is accounted for")
    assert total - FLOOD_LINES in (0, 1)
    assert told, "a record tells of what was left out"
    assert 200 <= len(lines) < FLOOD_LINES // 4, len(lines)
    numbers = [int(line.split()[1]) for line in lines]
    assert numbers == sorted(numbers)
    # The writer was not held up by it.
    assert "over" in messages(flood) or total == FLOOD_LINES + 1


def start_counting(daemon, name):
    """A service that writes a line with the next number again and again, and has begun."""
    daemon.configure("projects:\n" + daemon.project(
        name, talker("n=0\nwhile :; do n=$((n + 1)); echo line $n; sleep 0.1; done")))
    daemon.start()
    daemon.await_ready(name)
    eventually(lambda: messages(name), "it logs")


def test_logging_goes_on_while_no_supervisor_is_there(daemon, name):
    start_counting(daemon, name)
    daemon.kill()
    before = len(messages(name))
    time.sleep(3)
    during = messages(name)
    assert len(during) > before
    daemon.start()
    eventually(lambda: len(messages(name)) > len(during), "and goes on")
    found = messages(name)
    assert found == [f"line {n}" for n in range(1, len(found) + 1)], "none lost, none doubled"
    assert "line 1" in daemon.cli("logs", name).stdout


def test_logging_goes_on_after_journald_was_started_anew(daemon, name):
    start_counting(daemon, name)
    command("systemctl", "restart", "systemd-journald.service")
    known = len(messages(name))
    eventually(lambda: len(messages(name)) > known + 5, "it goes on")
    # What was written meanwhile is there, or is counted.
    lost = sum(int(m.split()[0]) for m in messages(name) if m.endswith("suppressed"))
    numbers = [int(m.split()[1]) for m in messages(name) if m.startswith("line ")]
    assert numbers[-1] - len(numbers) <= lost, (numbers[-1], len(numbers), lost)
