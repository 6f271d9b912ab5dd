"""Projects whose processes hold memory, and what the kernel says of their limits."""

import os
import pathlib

from harness.daemon import eventually

MEBIBYTE = 1 << 20
# Touches so many MiB of its own, reads so many of a file, again and again.
HOLDER = ("import os, time\n"
          "held = bytearray(b'x') * ({held} << 20)\n"
          "with open('data', 'wb') as file:\n"
          "    for _ in range({cached}):\n"
          "        file.write(bytes(1 << 20))\n"
          "    file.flush()\n"
          "    os.fsync(file.fileno())\n"
          "def read():\n"
          "    with open('data', 'rb') as file:\n"
          "        while file.read(1 << 20):\n"
          "            pass\n"
          "read()\n"
          "open('ready', 'w').close()\n"
          "while True:\n"
          "    time.sleep({rest})\n"
          "    held[::4096] = bytes(len(held[::4096]))\n"
          "    read()\n")


def holder(held, cached, rest=2, extra=""):
    text = "main:\n  restart: no\n  command:\n    - python3\n    - -c\n    - |\n"
    script = HOLDER.format(held=held, cached=cached, rest=rest)
    return text + "".join(f"      {line}\n" for line in script.splitlines()) + extra


def start(daemon, projects, limit="256M", rest=2, extra=""):
    """name → (MiB held, MiB of files cached)."""
    text = "projects:\n"
    for name, (held, cached) in projects.items():
        text += daemon.project(name, holder(held, cached, rest, extra),
                               f"limits: {{ memory: {limit} }}")
    daemon.configure(text)
    directories = [daemon.project_directory(name) for name in projects]
    for directory in directories:
        directory.chmod(0o777)
    daemon.start()
    for directory in directories:
        eventually((directory / "ready").exists, f"{directory} holds its memory", seconds=300)
    return {name: Held(daemon, name) for name in projects}


class Held:
    """A project that holds memory: read in cgroupfs and /proc, without asking the supervisor."""

    def __init__(self, daemon, name):
        self.name = name
        scope = pathlib.Path(daemon.show(name)["cgroup"])
        self.slice = scope.parent
        self.services = scope / "services"
        self.leaf = self.services / "main"
        self.identity = self.told(daemon)
        self.pid = self.identity[1]
        self.born = self.start_time()

    def told(self, daemon):
        service = daemon.service(self.name, "main")
        return service["phase"], service["pid"], service["restarts"]

    def start_time(self):
        text = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        return text.rpartition(")")[2].split()[19]

    def place(self, workload):
        return self.leaf if workload else self.slice

    def said(self, file, workload=None):
        return (self.place(workload) / file).read_text(encoding="ascii").strip()

    def current(self, workload=None):
        return int(self.said("memory.current", workload))

    def assert_untouched(self, what=""):
        """Nobody was killed, nobody stands still, nobody is held back."""
        events = dict(line.split() for line in self.said("memory.events").splitlines())
        assert (events["oom"], events["oom_kill"]) == ("0", "0"), (self.name, what, events)
        assert os.path.exists(f"/proc/{self.pid}") and self.start_time() == self.born, what
        for workload in (None, "main"):
            assert self.said("memory.high", workload) == "max", (self.name, workload, what)
        frozen = (self.services / "cgroup.events").read_text(encoding="ascii")
        assert "frozen 0" in frozen, (self.name, what)


def assert_same(daemon, holders):
    """As `assert_untouched`, and the supervisor says so too."""
    for held in holders.values():
        held.assert_untouched()
        assert held.told(daemon) == held.identity, held.name


def change(project, value, name="memory", workload=None):
    found = {"project": project, "name": name, "value": value}
    return {**found, "workload": workload} if workload else found


def limit(daemon, project, name="memory", workload=None):
    (quota,) = daemon.call("QuotaShow", {"project": project})["quotas"]
    return next((each for each in quota["limits"]
                 if each["name"] == name and each.get("workload") == workload), None)
