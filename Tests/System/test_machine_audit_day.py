"""A day of many users: what they did is in the journal, each action once, in everybody's order, with
who did it and what came of it, whatever was killed, stopped and full meanwhile."""

import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness import trail
from harness.daemon import eventually
from harness.journald import Journald, Trail
from harness.unit import UNIT, command

pytestmark = pytest.mark.machine

COUNT = 100
# How often something else happens at least, each kind of it once.
DISTURBANCES = 7
# Longer than anybody waits for one action.
IDLE_SECONDS = 240
USERS = ("anna", "boris", "chloe")
PROJECTS = tuple(f"team-{number}" for number in range(15))
SERVICES = ("main: { command: [/bin/sleep, infinity], grace: 1s }\n"
            "crash: { command: [/bin/sleep, infinity], grace: 1s, "
            "restart: { condition: always, delay: 100ms }, breaker: { failures: 0 } }")
ACTOR = pathlib.Path(trail.__file__).with_name("actor.py")

# What is asked for, as the program has it and as the interface has it, and its kind of record.
VERBS = {"start": "Start", "stop": "Stop", "restart": "Restart", "pause": "Pause",
         "resume": "Resume"}


@pytest.fixture
def users():
    """{name: uid}: members of the group bulkhead, and root."""
    before = set(pathlib.Path("/etc").iterdir())
    for name in USERS:
        command("useradd", "--no-create-home", "--groups", "bulkhead", name)
    yield {"root": 0, **{name: int(command("id", "-u", name)) for name in USERS}}
    for name in USERS:
        command("userdel", name)
    # What the two keep of how it was before.
    for file in set(pathlib.Path("/etc").iterdir()) - before:
        file.unlink()


def plan(number, source):
    """One action: a dictionary with what is asked for and the kind of record that it is to make."""
    via = source.choice(("cli", "api"))
    reason = f"the day's action {number}"
    verb = source.choice((*VERBS, "exec", "exec", "kill", "quota", "quota", "quota", "apply"))
    # Nobody waits for what is to be done in a project that somebody has paused.
    possible = {"pause": PROJECTS[:4], "exec": PROJECTS[4:], "kill": PROJECTS[4:]}
    project = source.choice(possible.get(verb, PROJECTS))
    if source.random() < 0.05:
        project = "nobody"
    action = {"number": number, "via": via, "project": project, "reason": reason}
    if verb in VERBS:
        words = [verb, *(["--no-wait"] if verb in ("start", "stop", "restart") else []), project]
        method, parameters = VERBS[verb], {"project": project, "reason": reason}
    elif verb == "exec":
        words = ["exec", "--detach", project, "--", "/bin/echo", reason]
        method = "Execute"
        parameters = {"project": project, "command": ["/bin/echo", reason], "logged": True,
                      "detached": True, "reason": reason}
    elif verb == "kill":
        words = ["kill", f"{project}/crash"]
        method = "Kill"
        parameters = {"project": project, "workload": "crash", "signal": 9, "reason": reason}
    elif verb == "quota":
        # Some are refused: no such limit can be. The program would see that without asking anybody.
        value = str(source.randrange(100, 400))
        if via == "api" and source.random() < 0.2:
            value = "0"
        words = ["quota", "set", project, "--pids", value, "--reason", reason]
        method = "QuotaSet"
        parameters = {"reason": reason, "changes": [
            {"project": project, "name": "pids", "value": value}]}
    else:
        words = ["config", "apply"]
        method, parameters = "ConfigurationApply", {"reason": reason}
    kind = {"exec": "execute", "quota": "quota-set", "apply": "configuration-apply"}.get(verb, verb)
    return {**action, "words": words, "method": method, "parameters": parameters,
            "event": f"control.{kind}"}


class Crew:
    """Everybody at once, each doing their part of the day."""

    def __init__(self, supervisor, users, actions):
        self.users = users
        self.actions = {name: [] for name in users}
        self.outcomes = {}
        self.count = len(actions)
        # What else has happened so far.
        self.disturbances = 0
        self.processes = []
        place = pathlib.Path("/var/tmp/actors")
        shutil.copytree(ACTOR.parent, place / "harness")
        command("chmod", "-R", "a+rX", str(place))
        names = list(users)
        for action in actions:
            self.actions[names[action["number"] % len(names)]].append(action)
        group = int(command("getent", "group", "bulkhead").split(":")[2])
        for name, user in users.items():
            self.processes.append(subprocess.Popen(
                [sys.executable, "-B", str(place / "harness/actor.py"), str(supervisor.socket),
                 supervisor.client],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                user=user, group=user, extra_groups=[group]))
        self.threads = [threading.Thread(target=self.listen, args=(process,))
                        for process in self.processes]

    def start(self):
        for thread in self.threads:
            thread.start()
        for name, process in zip(self.users, self.processes):
            threading.Thread(target=self.tell, args=(process, self.actions[name])).start()

    def tell(self, process, actions):
        """Not all at once: some of it is to happen after each disturbance."""
        with process.stdin:
            for action in actions:
                while self.disturbances < action["number"] * (DISTURBANCES + 1) // self.count:
                    time.sleep(0.05)
                process.stdin.write(json.dumps(action) + "\n")
                process.stdin.flush()

    def listen(self, process):
        with process.stdout:
            for line in process.stdout:
                number, pid, outcome = json.loads(line)
                self.outcomes[number] = (pid, outcome)

    @property
    def waiting(self):
        """What each is at, or would be next."""
        return [next((each for each in actions if each["number"] not in self.outcomes), None)
                for actions in self.actions.values()]

    @property
    def is_done(self):
        return not any(thread.is_alive() for thread in self.threads)

    def finish(self):
        for thread in self.threads:
            thread.join()
        for process in self.processes:
            assert process.wait() == 0
        shutil.rmtree("/var/tmp/actors")


WHAT_HAPPENS = ("kill", "restart journald", "crash", "stop journald", "kill", "fill", "kill journald")


def disturb(what, installed, journald, disk, source):
    """What else happens that day."""
    match what:
        case "kill":
            installed.kill(signal.SIGKILL)
        case "restart journald":
            command("systemctl", "restart", "systemd-journald.service")
        case "kill journald":
            journald.kill()
        case "crash":
            subprocess.run(["pkill", "--signal", "KILL", "--newest", "--exact", "sleep"], check=False)
        case "stop journald":
            journald.stop()
            time.sleep(2 + source.random() * 4)
            journald.start()
        case "fill":
            disk.fill()
            time.sleep(2 + source.random() * 4)
            disk.free()


def check(chain, crew):
    """Every action once, as who asked has seen it."""
    by_pid, by_reason, found = {}, {}, {}
    for name, actions in crew.actions.items():
        for action in actions:
            pid, _ = crew.outcomes[action["number"]]
            if action["via"] == "cli":
                by_pid.setdefault((crew.users[name], pid), []).append(action)
            else:
                by_reason[action["reason"]] = action
    order = {name: [] for name in crew.users}
    names = {str(user): name for name, user in crew.users.items()}
    # Told by a record of its own, which names the one that accepted it.
    failed = {one["ACTION"] for one in chain.values() if one["EVENT"] == "control.failed"}
    for one in chain.values():
        if not one["EVENT"].startswith("control.") or one["EVENT"] == "control.failed":
            continue
        name = names[one["ACTOR_UID"]]
        assert one["ACTOR"] == name and one["ACTOR_GID"] == one["ACTOR_UID"], one
        if one["VIA"] == "api":
            action = by_reason[one["REASON"]]
        else:
            (action,) = by_pid[int(one["ACTOR_UID"]), int(one["ACTOR_PID"])]
        assert one["EVENT"] == action["event"], (one, action)
        assert one["VIA"] == action["via"], (one, action)
        if action["method"] != "ConfigurationApply" and action["method"] != "QuotaSet":
            assert one["PROJECT"] == action["project"], (one, action)
        if action["event"] == "control.quota-set" or action["via"] == "api":
            assert one["REASON"] == action["reason"], (one, action)
        outcome = crew.outcomes[action["number"]][1]
        if action["via"] == "api" or action["event"] != "control.execute":
            result = "refused" if one["SEQ"] in failed else one["RESULT"]
            assert outcome in (result, "unknown"), (one, action, outcome)
        found.setdefault(action["number"], []).append(one)
        order[name].append(action["number"])
    twice = {number: ones for number, ones in found.items() if len(ones) > 1}
    assert not twice
    missing = [number for number, (_, outcome) in crew.outcomes.items()
               if outcome != "unknown" and number not in found]
    assert not missing, [each for one in crew.actions.values() for each in one
                         if each["number"] in missing]
    for name, numbers in order.items():
        assert numbers == sorted(numbers), (name, numbers)
    return found


@pytest.mark.repeated
def test_a_day_is_in_the_journal_whole_and_in_order(installed, users, repetitions, request, tmp_path):
    count = repetitions(COUNT)
    source = random.Random(request.config.getoption("--seed"))
    with Journald() as journald, journald.small_disk(max(64, count // 2)) as disk:
        installed.configure("projects:\n" + "".join(
            installed.project(name, SERVICES) for name in PROJECTS))
        installed.start()
        for name in PROJECTS:
            installed.await_ready(name, 300)
        crew = Crew(installed, users, [plan(number, source) for number in range(count)])
        began = time.monotonic()

        def tell(what):
            """For whoever waits for it with -s."""
            print(f"{time.monotonic() - began:.0f} s: {what}", flush=True)

        crew.start()
        # One for every few actions, so that each has its turn in the shortest day.
        moved = (time.monotonic(), 0)
        while not crew.is_done:
            if len(crew.outcomes) > moved[1]:
                moved = (time.monotonic(), len(crew.outcomes))
            assert time.monotonic() < moved[0] + IDLE_SECONDS, f"nothing is done any more: {crew.waiting}"
            wanted = len(crew.outcomes) * (DISTURBANCES + 1) * 3 // 2 // count
            if crew.disturbances < max(wanted, 1):
                what = WHAT_HAPPENS[crew.disturbances % len(WHAT_HAPPENS)]
                disturb(what, installed, journald, disk, source)
                crew.disturbances += 1
                tell(f"{len(crew.outcomes)} done, {what}")
            time.sleep(0.1)
        crew.finish()
        tell("all done")
        assert len(crew.outcomes) == count and crew.disturbances >= DISTURBANCES
        audit = Trail(installed)
        audit.verified(lost=None)
        tell("all in the journal")
        command("systemctl", "stop", UNIT)
        eventually(lambda: len(audit.records()) == audit.tip, "what it said at its end")
        chain = audit.verified(lost=None)
        assert chain[max(chain)]["EVENT"] == "audit.head"
        found = check(chain, crew)
        # And as whoever was not there that day sees it.
        verdict = installed.cli("audit", "verify", check=False)
        print(verdict.stdout, flush=True)
        assert verdict.returncode == 0, verdict
        results = [ones[0]["RESULT"] for ones in found.values()]
        print(f"{count} actions, {len(found)} recorded, {results.count('refused')} refused, "
              f"{len(chain)} records, {crew.disturbances} disturbances")
        assert results.count("accepted") > count // 2 and results.count("refused") > 0
