"""The supervisor may die at any moment, and nothing is lost, doubled, restarted or unknown.

Each round kills it with SIGKILL at a random moment while commands, crashes, starts, stops and changes
of the configuration are under way, starts it again, and compares what it says with what was
acknowledged and with what the kernel has.
"""

import contextlib
import os
import pathlib
import secrets
import signal
import sqlite3
import threading
import time

import pytest

from harness.daemon import PATIENCE_SECONDS, Refused, eventually

# Never told to stop and never crashing: their processes must live through every death.
STEADY = ("steady-a", "steady-b", "steady-c")
# Started, stopped and restarted.
RESTLESS = ("restless-a", "restless-b")

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"
CRASHER = ('crash: { command: [/bin/sh, -c, "sleep 0.05; exit 9"], restart: { condition: always, '
           "delay: 50ms, delay_max: 100ms }, breaker: { failures: 0 } }")


def configuration(daemon, extra_pids):
    text = "projects:\n"
    for name in STEADY:
        text += daemon.project(name, SLEEPER)
    for name in RESTLESS:
        text += daemon.project(name, SLEEPER + "\n" + CRASHER)
    # A change that touches nobody's processes, and so may be applied at any moment.
    return text.replace("allow_unlimited: true", f"allow_unlimited: true, pids: {extra_pids}") \
        if "allow_unlimited" in text else text + f"# {extra_pids}\n"


class Client(threading.Thread):
    """Does random things until the supervisor is gone, and remembers what was acknowledged."""

    def __init__(self, daemon, random_source):
        super().__init__(daemon=True)
        self.supervisor = daemon
        self.random = random_source
        # token → exit status that was acknowledged, or None where only the start was
        self.acknowledged = {}
        self.wished = {}
        self.ended = {}
        self.failure = None

    def run(self):
        try:
            with self.supervisor.connect() as connection:
                while True:
                    self.act(connection)
        except (OSError, AssertionError) as error:
            if isinstance(error, AssertionError) and "ended without a reply" not in str(error):
                self.failure = error

    def act(self, connection):
        choice = self.random.random()
        with contextlib.suppress(Refused):
            if choice < 0.6:
                self.execute(connection)
            elif choice < 0.85:
                name = self.random.choice(RESTLESS)
                verb = self.random.choice(["Start", "Stop", "Restart", "Pause", "Resume"])
                connection.call(verb, {"project": name})
            else:
                self.supervisor.configure(
                    configuration(self.supervisor, self.random.randrange(50, 250)))
                connection.call("ConfigurationApply")

    def execute(self, connection):
        token = secrets.token_hex(8)
        status = self.random.randrange(0, 100)
        pause = self.random.choice(["", "sleep 0.02; "])
        self.wished[token] = status
        connection.send(
            "Execute", {"project": self.random.choice(STEADY), "token": token, "logged": True,
                        "command": ["/bin/sh", "-c", f"{pause}exit {status}"], "detached": True},
            more=True)
        connection.result()
        self.acknowledged[token] = None
        self.acknowledged[token] = connection.result()["exit_status"]


def processes_of(daemon, name):
    """What the kernel says: pids in the project's cgroup, by leaf."""
    found = {}
    top = pathlib.Path(daemon.show(name)["cgroup"])
    for directory, _, _ in os.walk(top):
        with contextlib.suppress(OSError):
            pids = pathlib.Path(directory, "cgroup.procs").read_text().split()
            if pids:
                found[str(pathlib.Path(directory).relative_to(top))] = pids
    return found


@pytest.mark.repeated
def test_nothing_is_lost_whenever_it_dies(daemon, repetitions, random_source, on_machine):
    daemon.configure(configuration(daemon, 100))
    daemon.start()
    steady = {name: daemon.await_ready(name) for name in STEADY}
    tokens = 0
    # Emulated, a round takes ten times as long.
    for round_number in range(repetitions(6 if on_machine else 15)):
        clients = [Client(daemon, random_source) for _ in range(2)]
        for client in clients:
            client.start()
        time.sleep(random_source.uniform(0, 2.0 if on_machine else 0.25))
        daemon.kill()
        for client in clients:
            client.join(PATIENCE_SECONDS)
            assert client.failure is None, client.failure
        daemon.start()
        told = f"round {round_number}"
        for name, before in steady.items():
            after = daemon.await_ready(name)
            assert after["pid"] == before["pid"], told
            assert after["services"][0]["pid"] == before["services"][0]["pid"], told
            assert after["services"][0]["run"] == before["services"][0]["run"], told
            assert after["services"][0]["restarts"] == 0, told
            assert after["uptime_ms"] > before["uptime_ms"], told
        for client in clients:
            tokens += len(client.wished)
            for token, status in client.wished.items():
                check_run(daemon, token, status, client.acknowledged.get(token, "nothing"), told)
        check_runs_are_known(daemon, told)
    assert tokens > 0
    check_cgroups(daemon)


def check_run(daemon, token, wanted, acknowledged, told):
    """A command ran once and its end is known; or it never began, and nobody was told otherwise."""
    try:
        ended = daemon.call("Wait", {"token": token})
    except Refused as refused:
        assert refused.name in ("RunNotFound", "NotStarted"), f"{told}: {refused}"
        assert acknowledged == "nothing", f"{told}: {token} was acknowledged and is gone"
        return
    assert ended["exit_status"] == wanted, told
    assert acknowledged in ("nothing", None, wanted), told


def check_runs_are_known(daemon, told):
    for project in (*STEADY, *RESTLESS):
        for run in daemon.call("Runs", {"project": project, "limit": 1000})["runs"]:
            if run["state"] == "ended":
                assert run["exit_status"] is not None, f"{told}: {run}"
            elif run["state"] == "running":
                assert pathlib.Path(f"/proc/{run['pid']}").exists() or \
                    eventually(lambda r=run: daemon.call("Wait", {"run": r["run"]}), "it ended"), told


def check_cgroups(daemon):
    """Every cgroup below a project belongs to a run that lives, and every run has one process tree."""
    for name in STEADY:
        found = eventually(
            lambda n=name: (f := processes_of(daemon, n)) and len(f) == 2 and f,
            "only init and the service have processes")
        assert all(len(pids) == 1 for pids in found.values()), found


def test_a_supervisor_that_is_killed_while_it_kills_a_project_finishes_that(daemon):
    stubborn = 'main: { command: [/bin/sh, -c, "trap : TERM; while :; do sleep 0.1; done"], grace: 2s }'
    daemon.configure("projects:\n" + daemon.project("shop", stubborn))
    daemon.start()
    daemon.await_ready("shop")
    daemon.call("Stop", {"project": "shop"})
    daemon.kill()
    daemon.start()
    eventually(lambda: daemon.show("shop")["phase"] == "stopped", "it is stopped")
    assert daemon.show("shop").get("pid") is None


def test_sigterm_leaves_the_projects_running(daemon):
    daemon.configure("projects:\n" + daemon.project("shop", SLEEPER))
    daemon.start()
    before = daemon.await_ready("shop")
    daemon.kill(signal.SIGTERM)
    assert daemon.process.returncode == 0
    assert pathlib.Path(f"/proc/{before['pid']}").exists()
    daemon.start()
    assert daemon.await_ready("shop")["pid"] == before["pid"]


@pytest.mark.parametrize("is_wanted", [True, False], ids=["wanted", "removed"])
def test_a_sandbox_that_was_made_and_not_yet_taken_in_is_taken_over(daemon, is_wanted):
    daemon.configure("projects:\n" + daemon.project("shop"))
    daemon.start()
    before = daemon.await_ready("shop")["pid"]
    daemon.kill()
    # As a death leaves it between the sandbox's record and the project's.
    with contextlib.closing(sqlite3.connect(daemon.state / "ledger.db")) as ledger:
        ledger.execute("UPDATE projects SET phase = 'starting', stage = 'launching'")
        ledger.commit()
    if not is_wanted:
        daemon.configure("projects: {}\n")
    daemon.start()
    if is_wanted:
        assert daemon.await_ready("shop")["pid"] == before
        return
    eventually(lambda: not daemon.call("List")["projects"], "it is gone")
