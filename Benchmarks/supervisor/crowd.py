"""Fifteen that share a machine, as projects of a supervisor and as plain services of systemd: one that
answers requests, and fourteen that take all the processors they can get. Standard library only."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import host  # It finds the harness.
from harness import unit
from harness.daemon import eventually

CRITICAL = "critical"
HOGS = [f"hog{number:02}" for number in range(14)]
PROCESSORS = os.cpu_count()
CGROUPS = pathlib.Path("/sys/fs/cgroup")
PYTHON = "/usr/bin/python3"

# As many processes as there are processors, in one cgroup. They stand still until they are told to go
# on: fifteen of them would make the start of the last ones slow.
# (0: all of its process group, which is itself; systemd would take a $ for one of its own.)
BURN = "kill -STOP 0; " + " & ".join(["while :; do :; done"] * PROCESSORS)

# A request is a fixed piece of work in another process. Its latency counts from when it was due, so
# that being woken up late is part of it. Says when it has begun, then prints of each request its latency
# and the processor time that the work took, both in microseconds.
PROBE = """
import gc, json, os, socket, time
gc.disable()
def work():
    total = 0
    for number in range({work}):
        total += number
client, server = socket.socketpair()
if os.fork() == 0:
    client.close()
    while server.recv(1):
        began = time.thread_time_ns()
        work()
        server.send((time.thread_time_ns() - began).to_bytes(8, "little"))
    os._exit(0)
server.close()
print("ready", flush=True)
taken, due = [], time.perf_counter() + 1.5
end = due + {seconds}
while due < end:
    time.sleep(max(0, due - time.perf_counter()))
    client.send(b"?")
    worked = int.from_bytes(client.recv(8), "little")
    done = time.perf_counter()
    taken.append(((done - due) * 1e6, worked / 1e3))
    due = done + {think}
client.close()
os.wait()
print(json.dumps(taken))
"""


def work_of(milliseconds):
    """How many turns of the probe's loop take so much processor time on this machine, left alone."""
    turns, best = 20_000, float("inf")
    for _ in range(15):
        began = time.thread_time_ns()
        total = 0
        for number in range(turns):
            total += number
        best = min(best, (time.thread_time_ns() - began) / 1e6)
    return int(turns * milliseconds / best)


class Crowd:
    """What both have in common: where their processes are, and what their cgroups say."""

    def leaf(self, name):
        """The cgroup with the processes that burn."""
        raise NotImplementedError

    def whole(self, name):
        """The cgroup that competes with the others'."""
        raise NotImplementedError

    def signal(self, names, number):
        for name in names:
            for pid in (self.leaf(name) / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), number)

    def await_still(self, names):
        """They are started, and wait to be told to go on."""
        def states(name):
            pids = (self.leaf(name) / "cgroup.procs").read_text().split()
            return [pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
                    for pid in pids]
        for name in names:
            eventually(lambda: states(name) == ["T"], f"{name} stands still")

    @contextlib.contextmanager
    def busy(self, names):
        """These burn for as long as this lasts."""
        self.signal(names, signal.SIGCONT)
        try:
            yield
        finally:
            self.signal(names, signal.SIGSTOP)

    def used(self, seconds):
        """Processors that each used over a while. Read from the kernel: it says so whoever is dead."""
        def read():
            return {name: int((self.whole(name) / "cpu.stat").read_text().split()[1])
                    for name in (CRITICAL, *HOGS)}
        before, began = read(), time.monotonic()
        time.sleep(seconds)
        after, span = read(), time.monotonic() - began
        return {name: (after[name] - before[name]) / 1e6 / span for name in after}


class Projects(Crowd):
    """Projects of the installed supervisor. The critical one is guaranteed half of the machine."""

    name = "bulkhead"

    def __init__(self, interval):
        self.kills = 0
        self.directory = tempfile.mkdtemp(prefix="bulkhead-bench.", dir="/srv")
        self.supervisor = made = unit.Installed(self.directory)
        text = made.project(CRITICAL, f"main: {{ command: [/bin/sh, -c, '{BURN}'] }}",
                            f"priority: critical\nlimits: {{ cpu: {PROCESSORS}, "
                            f"cpu_min: {PROCESSORS / 2}, memory: 128M }}")
        for name in HOGS:
            text += made.project(name, f"main: {{ command: [/bin/sh, -c, '{BURN}'] }}",
                                 f"priority: low\nlimits: {{ cpu: {PROCESSORS}, memory: 32M }}")
        made.configure(f"global: {{ scheduling_interval_seconds: {interval}, "
                       f"resource_rebalance_interval_seconds: {interval}, "
                       "resource_allocation_strategy: priority_based }\n"
                       f"projects:\n{text}")
        made.start()
        for name in (CRITICAL, *HOGS):
            made.await_phase(name, "active")
        self.await_still((CRITICAL, *HOGS))
        self.strategy = "static"
        self.choose("priority_based")
        shown = self.ask("ScheduleShow")
        (entitled,) = (each["entitlement"]["cpu"] for each in shown["shares"]
                       if each["project"] == CRITICAL)
        self.part = entitled / shown["capacity"]["cpu"]

    def whole(self, name):
        return CGROUPS / f"bulkhead.slice/bulkhead-{name}.slice"

    def leaf(self, name):
        return self.whole(name) / f"bulkhead-{name}.scope/services/main"

    def weight(self, name):
        return int((self.whole(name) / "cpu.weight").read_text())

    def ask(self, method, parameters=None):
        """Asks again where it is killed meanwhile."""
        def answer():
            with contextlib.suppress(OSError, AssertionError), self.supervisor.connect(5) as there:
                return there.call(method, parameters)
        return eventually(answer, f"it answers {method}")

    def choose(self, strategy, wait=True):
        if strategy != self.strategy:
            self.ask("ScheduleStrategy", {"name": strategy})
            self.strategy = strategy
        if not wait:
            return
        spread = 1 if strategy == "static" else 5
        eventually(lambda: all(self.weight(CRITICAL) >= spread * self.weight(name)
                               and (spread > 1 or self.weight(name) == 100) for name in HOGS),
                   f"weights are those of {strategy}")

    def start_probe(self, program):
        return subprocess.Popen(
            [self.supervisor.client, "exec", CRITICAL, "--", PYTHON, "-I", "-c", program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def make_probe_real_time(self):
        """What the kernel and an emulated machine can do at their best, whatever weights say."""
        for leaf in (self.whole(CRITICAL) / f"bulkhead-{CRITICAL}.scope/tasks").iterdir():
            if leaf.is_dir():
                for pid in (leaf / "cgroup.procs").read_text().split():
                    os.sched_setscheduler(int(pid), os.SCHED_FIFO, os.sched_param(1))

    def main_process(self):
        """The unit's; found without asking systemd, which would take more than the kill does."""
        for pid in (CGROUPS / "system.slice" / unit.UNIT / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                name, _, rest = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")
                if name.endswith("(bulkheadd") and rest.split()[1] == "1":
                    return int(pid)
        return None

    def kill(self):
        """SIGKILL for the supervisor, where there is one at the moment."""
        with contextlib.suppress(ProcessLookupError):
            if (pid := self.main_process()) is not None:
                os.kill(pid, signal.SIGKILL)
                self.kills += 1

    def supervisor_seconds(self):
        """Processor time of the supervisor and its helpers since it was started."""
        counters = (CGROUPS / "system.slice" / unit.UNIT / "cpu.stat").read_text()
        return int(counters.split()[1]) / 1e6

    @contextlib.contextmanager
    def killed_every(self, seconds):
        """Kills it again and again, a successor as soon as it has answered where that takes longer."""
        is_over = threading.Event()

        def answers():
            with contextlib.suppress(OSError, AssertionError), self.supervisor.connect(1) as there:
                return there.call("Queue") is not None
            return False

        def kill():
            while not is_over.wait(seconds):
                while not answers() and not is_over.wait(0.2):
                    pass
                if not is_over.is_set():
                    self.kill()

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
            eventually(self.supervisor.answers, "it answers")

    def end(self):
        # They stand still, so that each is killed when its time to stop is over: all at once.
        self.supervisor.end()
        shutil.rmtree(self.directory)


class Units(Crowd):
    """The same as transient services, all with the weight that systemd gives a service: 100."""

    name = "systemd-run"

    def __init__(self, _):
        for name in HOGS:
            subprocess.run(["systemd-run", "--quiet", "--collect", f"--unit=bench-{name}",
                            "--property=MemoryMax=32M", "/bin/sh", "-c", BURN], check=True)
        self.await_still(HOGS)

    def whole(self, name):
        return CGROUPS / f"system.slice/bench-{name}.service"

    leaf = whole

    def start_probe(self, program):
        return subprocess.Popen(
            ["systemd-run", "--quiet", "--collect", "--pipe", "--wait", "--property=MemoryMax=128M",
             PYTHON, "-I", "-c", program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def end(self):
        for name in HOGS:
            subprocess.run(["systemctl", "kill", "--signal=KILL", f"bench-{name}"], check=True)
