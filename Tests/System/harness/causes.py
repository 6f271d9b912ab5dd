"""Injects each kind of cause that a run can end by, one after the other, and says what is told."""

import contextlib
import os
import signal
import sqlite3

from harness import shop
from harness.daemon import eventually

NATIVE = ["exited", "signal", "health", "time-limit", "operator", "dependency", "supervisor-stop",
          "lost", "configuration", "not-started"]
CONTROLLED = ["memory-max", "memory-child", "pids"]

# Takes so many MiB and touches each page.
EATER = "import sys\nheld = [bytearray(b'x' * (1 << 20)) for _ in range({mebibytes})]\n"
# The parent lives on, sees that its child was killed, and gives up.
PARENT = ("import os, sys\n"
          "pid = os.fork()\n"
          "if pid == 0:\n"
          "    held = [bytearray(b'x' * (1 << 20)) for _ in range({mebibytes})]\n"
          "    os._exit(0)\n"
          "status = os.waitpid(pid, 0)[1]\n"
          "sys.exit(1 if status else 0)\n")
FORKER = ("import os, sys, time\n"
          "try:\n"
          "    for _ in range(500):\n"
          "        if os.fork() == 0:\n"
          "            time.sleep(30)\n"
          "            os._exit(0)\n"
          "except OSError as error:\n"
          "    sys.exit(4)\n")


def python(program):
    return ["/usr/bin/python3", "-c", program]


def check(kind, found):
    assert found["cause"] == kind, (kind, found)
    assert found["text"] and "unknown" not in found["text"], found
    assert all(found["evidence"]), found
    if found["cause"] not in ("supervisor-stop",):
        assert found["suggestion"], found


class Bench:
    """A supervisor whose projects end in every way, as often as wanted."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.version = 0

    def start(self, limits=""):
        """`limits`: of the project, where there are controllers."""
        self.limits = limits
        self._configure()
        self.daemon.start()
        self.daemon.await_phase("shop", "active")

    def _configure(self, more=""):
        extra = self.limits
        services = f"idle: {{ command: {shop.SLEEP}, environment: {{ N: '{self.version}' }} }}\n"
        self.daemon.configure(
            "projects:\n" + self.daemon.project("shop", services, extra) + more)

    def inject(self, kind, number):
        """What is said of it."""
        return getattr(self, "_" + kind.replace("-", "_"))(number)

    # Runs are commands whose output is logged: services would be started again.
    def _run(self, command, **parameters):
        """The number of a run that was started, alone."""
        reply = self.daemon.call("Execute", {
            "project": "shop", "command": command, "logged": True, "detached": True, **parameters})
        return reply["run"]

    def _ended(self, run):
        eventually(lambda: self._explain(run)["state"] == "ended", f"run {run} has ended")
        return self._explain(run)

    def _explain(self, run):
        return self.daemon.call("Explain", {"run": run})

    def _service(self):
        eventually(lambda: self.daemon.service("shop", "idle")["phase"] == "running", "idle runs")
        return self.daemon.service("shop", "idle")["run"]

    def _exited(self, number):
        return self._ended(self._run(shop.sh(f"exit {number % 255 + 1}")))

    def _signal(self, number):
        name = ["SEGV", "ABRT", "USR1", "KILL"][number % 4]
        # The second shell: the first process of a namespace is not what is killed here, but a shell
        # that is the last one replaces itself.
        return self._ended(self._run(shop.sh(f"kill -{name} $$; sleep 60")))

    def _health(self, _):
        self.daemon.configure("projects:\n" + self.daemon.project(
            "sick", "web: { command: [/bin/sleep, infinity], restart: no, health: { liveness: "
            "{ exec: [/bin/false], interval: 100ms, failure_threshold: 1 } } }"), "more.yaml")
        return self._once("sick", "web")

    def _once(self, project, workload):
        """What is said of the one run of a service of a project that is only there for it."""
        text = (self.daemon.configuration / "more.yaml").read_text()
        (self.daemon.configuration / "more.yaml").unlink()
        self._configure(text.removeprefix("projects:\n"))
        self.daemon.call("ConfigurationApply")
        run = eventually(
            lambda: [each for each in self.daemon.call("Runs", {"project": project})["runs"]
                     if each["workload"] == workload and each["state"] in ("ended", "refused")],
            f"{project}/{workload} has ended")[0]["run"]
        found = self._explain(run)
        self._configure()
        self.daemon.call("ConfigurationApply")
        return found

    def _time_limit(self, _):
        return self._ended(self._run(shop.SLEEP, timeout_ms=200))

    def _operator(self, number):
        run = self._run(shop.SLEEP)
        how = number % 3
        if how == 0:
            self.daemon.call("Kill", {"project": "shop", "run": run, "signal": 9, "whole": True})
            return self._ended(run)
        if how == 1:
            self.daemon.call("Kill", {"project": "shop", "run": run, "signal": 15})
            return self._ended(run)
        self.daemon.call("Kill", {"project": "shop", "run": run, "signal": 9, "whole": True})
        run = self._service()
        self.daemon.call("Restart", {"project": "shop", "service": "idle"})
        return self._ended(run)

    def _dependency(self, _):
        text = self.daemon.project(
            "client", "web: { command: [/bin/sleep, infinity] }", "dependencies: [base]")
        text += self.daemon.project(
            "base", "never: { command: [/bin/sleep, infinity], health: { readiness: "
            "{ exec: [/bin/false], interval: 1s } } }")
        self._configure(text)
        self.daemon.call("ConfigurationApply")
        found = self.daemon.call("Explain", {"project": "client"})
        self._configure()
        self.daemon.call("ConfigurationApply")
        eventually(lambda: len(self.daemon.call("List")["projects"]) == 1, "they have gone")
        return found

    def _supervisor_stop(self, _):
        run = self._service()
        self._reboot(signal.SIGTERM)
        return self._ended(run)

    def _reboot(self, number):
        """Lets the supervisor end, and the sandbox after it, and what is kept be of another boot."""
        init = self.daemon.show("shop")["pid"]
        self.daemon.kill(number)
        os.kill(init, signal.SIGKILL)
        with contextlib.closing(sqlite3.connect(self.daemon.state / "ledger.db")) as ledger:
            with ledger:
                ledger.execute("UPDATE sandboxes SET boot = 'another'")
                ledger.execute("UPDATE projects SET boot = 'another'")
        self.daemon.start()
        self.daemon.await_phase("shop", "active")

    def _lost(self, number):
        if number % 2:
            run = self._run(shop.SLEEP)
            os.kill(self.daemon.show("shop")["pid"], signal.SIGKILL)
        else:
            run = self._service()
            self._reboot(signal.SIGKILL)
        found = self._ended(run)
        self.daemon.await_phase("shop", "active")
        return found

    def _configuration(self, _):
        run = self._service()
        self.version += 1
        self._configure()
        self.daemon.call("ConfigurationApply")
        return self._ended(run)

    def _not_started(self, _):
        (self.daemon.configuration / "more.yaml").write_text("projects:\n" + self.daemon.project(
            "odd", "web: { command: [/nowhere/at/all], restart: no }"))
        return self._once("odd", "web")

    # With controllers.

    def _memory_max(self, _):
        return self._ended(self._run(python(EATER.format(mebibytes=96)), memory_bytes=32 << 20))

    def _memory_child(self, _):
        return self._ended(self._run(python(PARENT.format(mebibytes=96)), memory_bytes=32 << 20))

    def _pids(self, _):
        return self._ended(self._run(python(FORKER), pids=12))
