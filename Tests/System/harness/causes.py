"""Injects each kind of cause that a run can end by, one after the other, and says what is told."""

import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import statistics
import time

from harness import shop, storage
from harness.daemon import eventually

NATIVE = ["exited", "signal", "disk", "inodes", "seccomp", "health", "time-limit", "preempted",
          "operator", "dependency", "supervisor-stop", "lost", "configuration", "not-started"]
# What another boot of the supervisor is needed for.
OF_SUPERVISORS = ["supervisor-stop", "lost"]
CONTROLLED = ["memory-max", "memory-child", "memory-machine", "pids"]
# Those that fill storage do it in projects of their own.
STORES = {"disk": "disk: 12M", "inodes": "disk: 32M, inodes: 300"}

# Takes so many MiB and touches each page.
EATER = "held = [bytearray(b'x' * (1 << 20)) for _ in range({mebibytes})]\n"
# The parent lives on, sees that its child was killed, and gives up.
PARENT = ("import os, sys\n"
          "pid = os.fork()\n"
          "if pid == 0:\n"
          "    held = [bytearray(b'x' * (1 << 20)) for _ in range({mebibytes})]\n"
          "    os._exit(0)\n"
          "status = os.waitpid(pid, 0)[1]\n"
          "{then}\n")
GIVES_UP = "sys.exit(1 if status else 0)"
LIVES_ON = "import time; time.sleep(3600)"
FORKER = ("import os, sys, time\n"
          "try:\n"
          "    for _ in range(500):\n"
          "        if os.fork() == 0:\n"
          "            time.sleep(30)\n"
          "            os._exit(0)\n"
          "except OSError as error:\n"
          "    sys.exit(4)\n")
# Wants to be the one that the kernel takes, where it has the choice.
CHOSEN = ("import time\n"
          "held = bytearray(b'x') * (20 << 20)\n"
          "open('/proc/self/oom_score_adj', 'w').write('1000')\n"
          "time.sleep(3600)\n")
FILLER = ("import os, sys\n"
          "try:\n"
          "    with open('big', 'wb') as file:\n"
          "        while True: os.write(file.fileno(), bytes(1 << 16))\n"
          "except OSError as error:\n"
          "    print(error, flush=True)\n"
          "    sys.exit(2)\n")
LITTERER = ("import os, sys\n"
            "try:\n"
            "    for number in range(10_000): os.close(os.open(f'f{number}', os.O_CREAT))\n"
            "except OSError as error:\n"
            "    print(error, flush=True)\n"
            "    sys.exit(2)\n")
# getpid of i386, by the door for programs of 32 bits.
I386 = ("import ctypes, mmap\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)("
        "ctypes.addressof(ctypes.c_char.from_buffer(page)))()\n")
PROFILE = ('{ "comment": "For a test.", "extends": "default", "syscalls": [ { "comment": "Deadly.",'
           ' "names": ["sched_yield"], "action": "SCMP_ACT_KILL_PROCESS" } ] }')
YIELDER = "import os\nos.sched_yield()\n"


def python(program):
    return ["/usr/bin/python3", "-c", program]


def check(kind, found):
    assert found["cause"] == kind, (kind, found)
    assert found["text"] and "unknown" not in found["text"], found
    assert all(found["evidence"]), found
    # A signal that the supervisor was given, a run that goes on: there may be nothing to do.
    if found["cause"] != "supervisor-stop":
        assert found["suggestion"].startswith("bulkhead "), found
    names = {"operator": "uid 0", "memory-child": "python3", "memory-max": "memory.max",
             "memory-machine": "memory", "pids": "pids.max", "preempted": "api", "lost": "sandbox",
             "time-limit": "time limit", "seccomp": "SIGSYS"}
    assert names.get(kind, "") in found["text"], (kind, found)


class Bench:
    """A supervisor whose projects end in every way, as often as wanted."""

    def __init__(self, daemon, source=None):
        self.daemon = daemon
        self.version = 0
        self.random = source or random.Random(1)
        # Entries below `projects:` that are there beside the shop.
        self.entries = {}
        # Milliseconds that each answer took on the socket, the connection included.
        self.took = []
        # What was asked last, as parameters, and what is still to be done after that.
        self.asked = {}
        self.after = None

    def start(self, limits=""):
        """`limits`: of the project, where there are controllers."""
        self.limits = limits
        self._configure()
        self.daemon.start()
        self.daemon.await_phase("shop", "active")

    def _configure(self):
        services = (f"idle: {{ command: {shop.SLEEP}, environment: {{ N: '{self.version}' }} }}\n"
                    "slow: { grace: 60s, command: [/bin/sh, -c, "
                    "\"trap 'sleep 1; exit 0' TERM; sleep infinity & wait\"] }\n")
        self.daemon.configure("projects:\n" + self.daemon.project("shop", services, self.limits)
                              + "".join(self.entries.values()))

    def _apply(self, **entries):
        """Projects that come, or with None go."""
        self.entries |= entries
        self.entries = {name: text for name, text in self.entries.items() if text}
        self._configure()
        self.daemon.call("ConfigurationApply")

    def inject(self, kind, number):
        """What is said of it."""
        return getattr(self, "_" + kind.replace("-", "_"))(number)

    # Runs are commands whose output is logged: services would be started again.
    def _run(self, command, project="shop", **parameters):
        """The number of a run that was started, alone."""
        reply = self.daemon.call("Execute", {
            "project": project, "command": command, "logged": True, "detached": True, **parameters})
        return reply["run"]

    def _ended(self, run):
        eventually(lambda: self._explain(run)["state"] == "ended", f"run {run} has ended")
        return self._explain(run)

    def _explain(self, run):
        return self._ask({"run": run})

    def _ask(self, parameters):
        began = time.perf_counter()
        found = self.daemon.call("Explain", parameters)
        self.took.append((time.perf_counter() - began) * 1e3)
        self.asked = parameters
        return found

    def ask_by_command(self):
        """The same again as a person asks: milliseconds of the whole command, and its text."""
        began = time.perf_counter()
        text = self.daemon.cli("explain", *self.asked.values()).stdout
        return (time.perf_counter() - began) * 1e3, text

    def _service(self, name="idle"):
        eventually(lambda: self.daemon.service("shop", name)["phase"] == "running", f"{name} runs")
        return self.daemon.service("shop", name)["run"]

    def _exited(self, number):
        # Some of them look like the end by a signal.
        status = self.random.choice([1, 2, 3, 126, 127, 134, 137, 143, 255, number % 255 + 1])
        return self._ended(self._run(shop.sh(f"echo enough; exit {status}")))

    def _signal(self, number):
        name = ["SEGV", "ABRT", "USR1", "KILL"][number % 4]
        # The second shell: the first process of a namespace is not what is killed here, but a shell
        # that is the last one replaces itself.
        return self._ended(self._run(shop.sh(f"kill -{name} $$; sleep 60")))

    def _health(self, number):
        return self._once(f"sick{number}", "web: { command: [/bin/sleep, infinity], restart: no, "
                          "health: { liveness: { exec: [/bin/false], interval: 100ms, "
                          "failure_threshold: 1 } } }")

    def _once(self, project, service):
        """What is said of the one run of a service of a project that is only there for it."""
        self._apply(**{project: self.daemon.project(project, service)})
        run = eventually(
            lambda: [each for each in self.daemon.call("Runs", {"project": project})["runs"]
                     if each["workload"] == "web" and each["state"] in ("ended", "refused")],
            f"{project}/web has ended")[0]["run"]
        self.after = lambda: self._apply(**{project: None})
        return self._explain(run)

    def _time_limit(self, _):
        return self._ended(self._run(shop.SLEEP, timeout_ms=self.random.choice([50, 200, 600])))

    def _operator(self, number):
        how = number % 4
        if how == 0:
            run = self._service()
            self.daemon.call("Restart", {"project": "shop", "service": "idle"})
            return self._ended(run)
        run = self._run(shop.SLEEP)
        if how == 1:
            self.daemon.call("Kill", {"project": "shop", "run": run, "signal": 15})
        else:
            self.daemon.call("Kill", {"project": "shop", "run": run, "signal": 9,
                                      "whole": how == 2})
        return self._ended(run)

    def _dependency(self, _):
        self._apply(client=self.daemon.project(
            "client", "web: { command: [/bin/sleep, infinity] }", "dependencies: [base]"),
            base=self.daemon.project(
                "base", "never: { command: [/bin/sleep, infinity], health: { readiness: "
                "{ exec: [/bin/false], interval: 1s } } }"))

        def done():
            self._apply(client=None, base=None)
            eventually(lambda: not {"client", "base"} & {
                each["name"] for each in self.daemon.call("List")["projects"]}, "they have gone")
        self.after = done
        # Not while it launches others, which takes a moment of its own.
        self.daemon.await_phase("base", "active")
        return self._ask({"project": "client"})

    def _preempted(self, _):
        """Nothing here decides yet that a project has to make room: the record of who wanted the stop
        is what such a decision would write."""
        self.daemon.call("Start", {"project": "shop", "service": "slow"})
        run = self._service("slow")
        self.daemon.call("Stop", {"project": "shop", "service": "slow"})
        self.daemon.kill()
        with self._ledger() as ledger:
            changed = ledger.execute(
                "UPDATE services SET stop = 'preempted - its memory was wanted for api'"
                " WHERE name = 'slow' AND stop IS NOT NULL").rowcount
        assert changed == 1
        self.daemon.start()
        return self._ended(run)

    @contextlib.contextmanager
    def _ledger(self):
        """Of a supervisor that is not there."""
        with contextlib.closing(sqlite3.connect(self.daemon.state / "ledger.db")) as ledger:
            with ledger:
                yield ledger

    def _supervisor_stop(self, _):
        run = self._service()
        self._reboot(signal.SIGTERM)
        return self._ended(run)

    def _reboot(self, number):
        """Lets the supervisor end, and the sandboxes after it, and what is kept be of another boot."""
        inits = [each["pid"] for each in self.daemon.call("List")["projects"] if each.get("pid")]
        self.daemon.kill(number)
        for init in inits:
            os.kill(init, signal.SIGKILL)
        with self._ledger() as ledger:
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

    def _not_started(self, number):
        return self._once(f"odd{number}", "web: { command: [/nowhere/at/all], restart: no }")

    def _store(self, kind):
        """A project with a volume that is soon full."""
        if kind not in self.entries:
            volume = "image" if self.daemon.on_machine else "tmpfs"
            self._apply(**{kind: storage.entry(
                self.daemon, kind, "storage: volume", f"volume_kind: {volume}",
                limits=STORES[kind])})
            self.daemon.await_phase(kind, "active")
        return kind

    def _fill(self, kind, program):
        project = self._store(kind)
        def done():
            run = self._run(shop.sh("rm -f big f*; sync"), project)
            eventually(lambda: self.daemon.call("Explain", {"run": run})["state"] == "ended",
                       "there is room again")
        self.after = done
        return self._ended(self._run(python(program), project))

    def _disk(self, number):
        if number % 2:
            return self._fill("disk", FILLER)
        return self._fill("disk", "import subprocess, sys\nsys.exit(subprocess.call("
                          "['dd', 'if=/dev/zero', 'of=big', 'bs=64k', 'status=none']))")

    def _inodes(self, _):
        return self._fill("inodes", LITTERER)

    def _seccomp(self, number):
        if number % 2:
            return self._denied(self._run(python(I386)), "getpid of i386")
        profile = self.daemon.directory / "deadly.json"
        profile.write_text(PROFILE)
        profile.chmod(0o644)
        if "deadly" not in self.entries:
            self._apply(deadly=self.daemon.project("deadly", "", f"seccomp: {profile}"))
            self.daemon.await_phase("deadly", "active")
        return self._denied(self._run(python(YIELDER), "deadly"), "sched_yield")

    def _denied(self, run, call):
        found = self._ended(run)
        # Here the kernel may keep its audit records to itself.
        assert call in found["text"] or not self.daemon.on_machine, found
        return found

    # With controllers.

    def _memory_max(self, _):
        # By its own limit, or by that of its project.
        limit = self.random.choice([{}, {"memory_bytes": 32 << 20}])
        return self._ended(self._run(python(EATER.format(mebibytes=224 if not limit else 96)),
                                     **limit))

    def _memory_child(self, number):
        program = PARENT.format(mebibytes=96, then=[GIVES_UP, LIVES_ON][number % 2])
        run = self._run(python(program), memory_bytes=32 << 20)
        if number % 2 == 0:
            return self._ended(run)
        eventually(lambda: self._explain(run)["cause"] == "memory-child", "its child is killed")
        self.after = lambda: self.daemon.call(
            "Kill", {"project": "shop", "run": run, "signal": 9, "whole": True})
        return self._explain(run)

    def _memory_machine(self, number):
        if number % 2:
            with less_memory_above() as mebibytes:
                return self._ended(self._run(python(EATER.format(mebibytes=mebibytes))))
        run = self._run(python(CHOSEN))
        eventually(lambda: chosen(self.daemon), "it is the one to be killed")
        # What the kernel does where no memory is left, done at once: sysrq.rst.
        pathlib.Path("/proc/sysrq-trigger").write_text("f")
        return self._ended(run)

    def _pids(self, _):
        limit = self.random.choice([{}, {"pids": 12}])
        return self._ended(self._run(python(FORKER), **limit))


def campaign(daemon, kind, count, source, limits=""):
    """Injects one kind so many times. Nothing is told wrongly; a line with the figures."""
    bench = Bench(daemon, source)
    bench.start(limits)
    wrong, commands = [], []
    for number in range(count):
        found = bench.inject(kind, number)
        try:
            check(kind, found)
        except AssertionError as error:
            wrong.append(error)
        spent, text = bench.ask_by_command()
        commands.append(spent)
        if bench.after:
            bench.after()
            bench.after = None
        assert f"({kind}" in text and len(text.splitlines()) < 15, text
    middle = statistics.median(bench.took)
    # The bound of an answer, in milliseconds; the longest is for the figures, for it is the host's, and
    # of two answers both may be.
    assert count < 5 or middle <= (500 if daemon.on_machine else 50), bench.took
    assert not wrong, wrong
    return (f"{kind:16} {count - len(wrong):3} of {count:3}   answered in {middle:5.1f} ms,"
            f" at most {max(bench.took):6.1f} ms; the command {statistics.median(commands):6.1f} ms,"
            f" at most {max(commands):6.1f} ms")


def chosen(daemon):
    for pid, _ in shop.processes(daemon, "oom_score_adj"):
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n":
                return True
    return False


@contextlib.contextmanager
def less_memory_above(left=40 << 20):
    """Lets everything that projects have together be little."""
    parent = pathlib.Path("/sys/fs/cgroup/bulkhead.slice")
    # Files' pages that earlier tests left there would make room. That there are not so many is an error.
    with contextlib.suppress(OSError):
        (parent / "memory.reclaim").write_text("1G")
    used = int((parent / "memory.current").read_text())
    before = (parent / "memory.max").read_text()
    (parent / "memory.max").write_text(str(used + left))
    try:
        # What of it are files' pages is taken back first.
        yield (left >> 20) * 4
    finally:
        (parent / "memory.max").write_text(before)
