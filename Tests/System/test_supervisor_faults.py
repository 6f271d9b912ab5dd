"""What fails below the supervisor: a step of a launch, an init, the ledger's disk and the ledger."""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess

import pytest

from harness import full_disk
from harness.daemon import Refused, eventually

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"
# More steps than any launch has.
STEPS_MAX = 500


def project(daemon, extra=""):
    return "projects:\n" + daemon.project("shop", SLEEPER, extra)


def remains(daemon):
    """What a sandbox of the project leaves: sockets and cgroups."""
    found = [str(path) for path in (daemon.run / "sandboxes").rglob("*")]
    return found + [str(path) for path in daemon.cgroup_root.rglob("*shop*") if path.is_dir()]


def rows(daemon):
    """What the ledger knows of sandboxes and of runs that are not over, when nobody has it open."""
    found = []
    with contextlib.closing(sqlite3.connect(daemon.state / "ledger.db")) as ledger:
        found += [f"row {row}" for row in ledger.execute("SELECT * FROM sandboxes")]
        found += [f"run {row}" for row in ledger.execute(
            "SELECT id, state FROM runs WHERE state IN (0, 1)")]
    return found


def test_a_fault_at_any_step_of_a_launch_leaves_nothing_behind(daemon, host_census, tmp_path):
    (tmp_path / "in").mkdir()
    extra = f"mounts: [{{ path: {tmp_path}/in, at: /in, access: read-only }}]"
    daemon.configure(project(daemon, extra))
    said, before = [], None
    # Emulated, a step takes seconds.
    for number in range(0, STEPS_MAX, 9 if daemon.on_machine else 1):
        daemon.start({"BULKHEAD_FAULT": str(number)})
        if number:
            daemon.cli("start", "shop", "--no-wait", check=False)
        shown = eventually(lambda: (p := daemon.show("shop")) and
                           (p["phase"] == "failed" or p["ready"]) and p, "it failed or is ready")
        if shown["phase"] != "failed":
            break
        said.append(shown["reason"])
        eventually(lambda: not remains(daemon), f"nothing is left: {remains(daemon)}")
        daemon.kill(signal.SIGTERM)
        assert not rows(daemon)
        taken = host_census.take()
        before = before or taken
        assert host_census.left_behind(before) == [], f"left by step {number}: {shown['reason']}"
    assert len(set(said)) == len(said), said
    for step in ["make the cgroup", "lease an id range", "prepare /in", "make the control socket",
                 "give the go-ahead", "attach /in", "execute bulkhead-init", "connect to init",
                 "hand over the lease"]:
        assert daemon.on_machine or any(step in line for line in said), (step, said)
    assert len(said) > (2 if daemon.on_machine else 10), said
    # It is as good as one that never failed.
    assert daemon.cli("exec", "shop", "--", "cat", "/proc/self/comm").stdout == "cat\n"


def test_a_failed_launch_is_made_up_for_by_a_restart_without_the_fault(daemon):
    daemon.configure(project(daemon))
    daemon.start({"BULKHEAD_FAULT": "3"})
    daemon.await_phase("shop", "failed")
    daemon.kill()
    daemon.start()
    daemon.cli("start", "shop")
    daemon.await_ready("shop")


def test_a_sandbox_whose_init_is_killed_is_made_anew(daemon):
    daemon.configure(project(daemon))
    daemon.start()
    before = daemon.await_ready("shop")
    started = daemon.cli("exec", "shop", "--detach", "--name", "bg", "--", "sleep", "infinity")
    assert "run" in started.stdout
    with daemon.connect() as watch:
        watch.send("Watch", {"project": "shop"}, more=True)
        # The answer to a later call: by then it watches.
        daemon.call("List")
        os.kill(before["pid"], signal.SIGKILL)
        after = eventually(lambda: (p := daemon.show("shop"))["ready"]
                           and p.get("pid") != before["pid"] and p, "it runs again")
        heard = []
        while not any("init ended" in text for text in heard):
            heard.append(watch.result()["text"])
    assert after["services"][0]["run"] != before["services"][0]["run"]
    runs = {run["run"]: run for run in daemon.call("Runs", {"project": "shop"})["runs"]}
    lost = [runs[before["services"][0]["run"]], next(r for r in runs.values()
                                                     if r["workload"] == "bg")]
    for run in lost:
        assert run["state"] == "ended" and "init" in run["cause"], run
    assert runs[after["services"][0]["run"]]["state"] == "running"


def test_a_sandbox_whose_init_is_killed_while_no_supervisor_is_there(daemon):
    daemon.configure(project(daemon))
    daemon.start()
    before = daemon.await_ready("shop")
    daemon.kill()
    os.kill(before["pid"], signal.SIGKILL)
    daemon.start()
    after = eventually(lambda: (p := daemon.show("shop"))["ready"] and p, "it runs again")
    assert after["pid"] != before["pid"]
    runs = {run["run"]: run for run in daemon.call("Runs", {"project": "shop"})["runs"]}
    assert runs[before["services"][0]["run"]]["state"] == "ended"


@pytest.fixture
def small_disk(daemon):
    with full_disk.small(daemon):
        yield daemon


def test_a_full_disk_holds_up_what_is_new_and_loses_nothing(small_disk):
    daemon = small_disk
    daemon.configure(project(daemon))
    daemon.start()
    before = daemon.await_ready("shop")
    for number in range(8):
        daemon.cli("exec", "shop", "--detach", "--name", f"w{number}", "--", "sh", "-c",
                   f"while ! test -e go; do sleep 0.1; done; exit {number + 10}")
    waiting = {run["workload"]: run["run"] for run in daemon.call(
        "Runs", {"project": "shop"})["runs"] if run["kind"] == "exec"}
    assert len(waiting) == 8
    filler = full_disk.fill(daemon)
    # Until the room that the ledger has set aside is used up.
    def no_room():
        with pytest.raises(Refused) as refused:
            for _ in range(2_000):
                daemon.call("Execute", {"project": "shop", "command": ["true"], "logged": True})
        return refused.value
    refused = no_room()
    assert "full" in str(refused).lower() or "space" in str(refused).lower(), refused
    outcome = daemon.cli("restart", "shop", check=False)
    assert outcome.returncode != 0 and outcome.stderr.count("\n") == 1
    after = daemon.show("shop")
    assert after["pid"] == before["pid"] and after["services"] and after["ready"]
    assert after["services"][0]["pid"] == before["services"][0]["pid"]
    # They end, and nobody can write it down; a supervisor that dies now knows nothing of it.
    (daemon.project_directory("shop") / "go").touch()
    eventually(lambda: not [p for p in daemon.call("Processes", {"project": "shop"})["processes"]
                            if p["workload"].startswith("w")], "all have ended")
    assert "ledger" in [c["name"] for c in daemon.call("Health")["components"] if not c["ok"]]
    filler.unlink()
    for name, run in waiting.items():
        ended = daemon.call("Wait", {"run": run})
        assert ended["exit_status"] == int(name[1:]) + 10
    eventually(lambda: all(c["ok"] for c in daemon.call("Health")["components"]
                           if c["name"] == "ledger"), "the ledger is well")
    daemon.kill()
    daemon.start()
    for name, run in waiting.items():
        assert daemon.call("Wait", {"run": run})["exit_status"] == int(name[1:]) + 10
    assert daemon.await_ready("shop")["pid"] == before["pid"]


def test_a_supervisor_that_dies_while_the_disk_is_full_loses_no_end(small_disk):
    daemon = small_disk
    daemon.configure(project(daemon))
    daemon.start()
    before = daemon.await_ready("shop")
    daemon.cli("exec", "shop", "--detach", "--name", "w", "--", "sh", "-c",
               "while ! test -e go; do sleep 0.1; done; exit 42")
    run = next(r["run"] for r in daemon.call("Runs", {"project": "shop"})["runs"]
               if r["workload"] == "w")
    filler = full_disk.fill(daemon)
    with contextlib.suppress(Refused):
        for _ in range(2_000):
            daemon.call("Execute", {"project": "shop", "command": ["true"], "logged": True})
    (daemon.project_directory("shop") / "go").touch()
    eventually(lambda: not [p for p in daemon.call("Processes", {"project": "shop"})["processes"]
                            if p["workload"] == "w"], "it has ended")
    daemon.kill()
    filler.unlink()
    daemon.start()
    assert eventually(lambda: daemon.call("Wait", {"run": run}), "known")["exit_status"] == 42
    assert daemon.await_ready("shop")["pid"] == before["pid"]


@pytest.mark.parametrize("spoil", ["header", "page", "foreign", "text"])
def test_a_ledger_that_is_none_is_left_alone(daemon, spoil):
    daemon.configure(project(daemon))
    daemon.start()
    before = daemon.await_ready("shop")
    daemon.kill(signal.SIGTERM)
    ledger = daemon.state / "ledger.db"
    kept = daemon.directory / "kept"
    shutil.copytree(daemon.state, kept)
    for extra in daemon.state.iterdir():
        if extra != ledger and extra.is_file():
            extra.unlink()
    content = bytearray(ledger.read_bytes())
    if spoil == "header":
        content[:100] = os.urandom(100)
    elif spoil == "page":
        content[4096:] = os.urandom(len(content) - 4096)
    elif spoil == "text":
        content = bytearray(b"nobody wrote this for a supervisor\n" * 500)
    else:
        ledger.unlink()
        with contextlib.closing(sqlite3.connect(ledger)) as other:
            other.execute("CREATE TABLE somebodys (x)")
            other.commit()
        content = bytearray(ledger.read_bytes())
    ledger.write_bytes(content)
    ended = subprocess.run(daemon.arguments(), capture_output=True, text=True, check=False,
                           timeout=90)
    assert ended.returncode == 78, ended
    assert "ledger" in ended.stderr and ended.stderr.count("\n") == 1
    assert ledger.read_bytes() == content
    # Nothing that runs was touched; with the ledger back, all is as it was.
    assert pathlib.Path(f"/proc/{before['pid']}").exists()
    shutil.rmtree(daemon.state)
    shutil.copytree(kept, daemon.state)
    daemon.state.chmod(0o700)
    daemon.start()
    assert daemon.await_ready("shop")["pid"] == before["pid"]


def test_there_is_one_supervisor_at_a_time(daemon):
    daemon.configure(project(daemon))
    daemon.start()
    before = daemon.await_ready("shop")
    second = subprocess.run(daemon.arguments(), capture_output=True, text=True, check=False,
                            timeout=90)
    assert second.returncode == 1 and "another supervisor" in second.stderr, second
    assert daemon.show("shop")["pid"] == before["pid"] and daemon.show("shop")["ready"]
    assert daemon.cli("exec", "shop", "--", "echo", "on").stdout == "on\n"
