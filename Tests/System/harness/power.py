"""Runs in the test machine between two power cuts: first tells what the supervisor still knows, then
changes things, one after the other, and tells of each before it is asked for and when it is done.

    python3 power.py FIRST SEED [TOKEN…]    FIRST: number of the first change
    python3 power.py leave                  nothing is changed: the machine is turned off in order
    python3 power.py ends                   tells how the services' runs ended before this boot

Every line of its output is one JSON list; scripts/power-cuts reads them outside.
"""

import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness.daemon import Connection, Refused, eventually  # noqa: E402

SOCKET = "/run/bulkhead/control.sock"
PROJECTS = pathlib.Path("/srv/projects")
MAIN_FILE = pathlib.Path("/etc/bulkhead/bulkhead.yaml")
# In the main file; the second one needs the first.
CONFIGURED = ["base", "above"]
NAMES = [f"p{number}" for number in range(6)]
PATIENCE_SECONDS = 300

SERVICE = "{ main: { command: [/bin/sleep, infinity], grace: 1s } }"


def tell(*words):
    print(json.dumps(words), flush=True)


def connect():
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return Connection(SOCKET, PATIENCE_SECONDS)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main_file(title):
    """The configuration that this campaign applies: it is known by its title."""
    for name in CONFIGURED:
        (PROJECTS / name).mkdir(parents=True, exist_ok=True)
    return (f"projects:\n  base:\n    name: title {title}\n    path: {PROJECTS}/base\n"
            f"    services: {SERVICE}\n"
            f"  above:\n    path: {PROJECTS}/above\n    dependencies: [base]\n"
            f"    services: {SERVICE}\n")


def state(connection):
    """What the supervisor knows, without what passes: phases on the way count as where they lead."""
    def settled():
        found = connection.call("List")["projects"]
        return all(each["ready"] or each["phase"] in ("stopped", "paused", "archived")
                   for each in found) and found

    projects = eventually(settled, "all that was wanted came up", PATIENCE_SECONDS)
    return {each["name"]: [each["phase"], each["title"]] for each in projects}


def write_durably(path, text):
    """As an editor that is any good: the new text or the old one, whatever happens."""
    temporary = path.with_suffix(".new")
    with open(temporary, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    os.sync()


def change(connection, number, source):
    """One change; what was told before and after it is what the next boot is compared with."""
    existing = [each["name"] for each in connection.call("List")["projects"] if
                each["name"] not in CONFIGURED]
    choice = source.choice(["register", "remove", "Stop", "Start", "Archive", "Pause", "Resume",
                            "apply", "exec", "exec"])
    if choice == "register":
        free = [name for name in NAMES if name not in existing]
        if not free:
            return
        name = source.choice(free)
        (PROJECTS / name).mkdir(parents=True, exist_ok=True)
        os.sync()
        tell("begin", number, "register", name)
        connection.call("Register", {"name": name, "path": str(PROJECTS / name)})
    elif choice == "apply":
        tell("begin", number, "apply", number)
        write_durably(MAIN_FILE, main_file(number))
        connection.call("ConfigurationApply")
    elif choice == "exec":
        token, status = f"token-{number}", source.randrange(100)
        tell("begin", number, "exec", token, status)
        connection.send("Execute", {"project": "base", "token": token, "logged": True,
                                    "command": ["/bin/sh", "-c", f"exit {status}"],
                                    "detached": True}, more=True)
        connection.result()
        tell("started", number, token)
        assert connection.result()["exit_status"] == status
    else:
        if not existing:
            return
        name = source.choice(existing)
        tell("begin", number, choice, name)
        method = "Remove" if choice == "remove" else choice
        # Removing what is already being removed, resuming what is not paused, …
        with contextlib.suppress(Refused):
            connection.call(method, {"project": name})
            tell("done", number)
            return
        tell("refused", number)
        return
    tell("done", number)


def runs(connection, tokens):
    """What became of runs: the exit status, or why there is none."""
    found = {}
    for token in tokens:
        try:
            found[token] = connection.call("Wait", {"token": token})["exit_status"]
        except Refused as refused:
            found[token] = refused.name
    return found


def leave(connection):
    """As an operator turns a machine off; it may not come to more than a line of it."""
    state(connection)
    tell("leaving")
    subprocess.run(["systemctl", "poweroff"], check=True)
    time.sleep(PATIENCE_SECONDS)


def ends(connection):
    """Of each project that is in the main file: how its service's run before this boot's ended."""
    state(connection)
    found = {}
    for name in CONFIGURED:
        runs_of_it = connection.call("Runs", {"project": name, "limit": 100})["runs"]
        last = next(run for run in runs_of_it
                    if run["kind"] == "service" and run["state"] == "ended")
        found[name] = [last["exit_status"], last["cause"], last["ended_at_us"]]
    tell("ends", found)


def main():
    if sys.argv[1] in ("leave", "ends"):
        {"leave": leave, "ends": ends}[sys.argv[1]](connect())
        return
    first, seed, tokens = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if first == 0:
        MAIN_FILE.write_text(main_file(0), encoding="ascii")
        subprocess.run(["systemctl", "enable", "--now", "bulkhead"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # From here on the machine may lose its power.
        os.sync()
    connection = connect()
    tell("state", state(connection), runs(connection, tokens))
    source = random.Random(f"{seed}/{first}")
    number = first
    while True:
        number += 1
        change(connection, number, source)


main()
