"""A supervisor with one project, shop, and what is asked about it again and again."""

import json
import os
import pathlib

from harness.daemon import eventually

SLEEP = ["/bin/sleep", "infinity"]
# So that a service that is to be started again stays where it can be seen.
LATER = {"delay": "1h", "delay_max": "1h"}


def sh(script):
    return ["/bin/sh", "-c", script]


def start(daemon, services, extra="", more=""):
    """One project, shop, with these services: name → keys."""
    lines = "\n".join(f"{name}: {json.dumps({'command': SLEEP, **keys})}"
                      for name, keys in services.items())
    daemon.configure("projects:\n" + daemon.project("shop", lines, extra) + more)
    daemon.start()
    return daemon.project_directory("shop")


def services_of(daemon):
    return {each["name"]: each for each in daemon.show("shop")["services"]}


def runs_of(daemon, service):
    """The oldest first."""
    runs = daemon.call("Runs", {"project": "shop", "limit": 500})["runs"]
    return [run for run in reversed(runs) if run["workload"] == service]


def await_service(daemon, service, condition, what):
    return eventually(
        lambda: (found := daemon.service("shop", service)) and condition(found) and found,
        f"{service}: {what}")


def await_phase(daemon, service, phase):
    return await_service(daemon, service, lambda each: each["phase"] == phase, f"is {phase}")


def processes(daemon, words, project="shop", begins=False):
    """Pids in the project's cgroup whose command line has these words, or begins with them."""
    found = []
    for directory, _, _ in os.walk(daemon.show(project)["cgroup"]):
        try:
            pids = pathlib.Path(directory, "cgroup.procs").read_text().split()
        except OSError:
            continue
        for pid in pids:
            try:
                line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            text = line.replace(b"\0", b" ").decode(errors="replace")
            if text.startswith(words) if begins else words in text:
                found.append((pid, str(pathlib.Path(directory))))
    return found


def running(daemon, words, project="shop"):
    """Like `processes`, without a shell that has not come to these words of its script yet."""
    return processes(daemon, words, project, begins=True)
