"""Every verb of the command line against a real supervisor, as text and as JSON."""

import json

import pytest

from harness.daemon import eventually

SLEEPER = "main: { command: [/bin/sleep, infinity] }"


@pytest.fixture
def shop(daemon):
    """A supervisor with the projects shop, which has a task, and api, which needs it."""
    daemon.configure(
        "projects:\n"
        + daemon.project("shop", SLEEPER, "name: \"The \\e[2J Shop\"\n"
                         "tasks: { hello: { command: [echo, hello] } }")
        + daemon.project("api", SLEEPER, "dependencies: [shop]"))
    daemon.start()
    daemon.await_ready("shop")
    daemon.await_ready("api")
    return daemon


def table(outcome):
    """The words of each line of a table."""
    return [line.split() for line in outcome.stdout.splitlines()]


def value(outcome):
    """The one JSON value in one line."""
    assert outcome.stdout.count("\n") == 1, outcome
    return json.loads(outcome.stdout)


def test_projects_are_listed(shop):
    lines = table(shop.cli("projects"))
    assert lines[0][:3] == ["NAME", "PHASE", "READY"]
    assert ["shop", "active", "yes", "1/1"] in [line[:4] for line in lines]
    assert shop.cli("projects", "--names").stdout.split() == ["shop", "api"]
    assert {p["name"] for p in value(shop.cli("projects", "--json"))["projects"]} == {"shop", "api"}


def test_no_projects_say_what_to_do(daemon):
    daemon.configure("projects: {}\n")
    daemon.start()
    assert daemon.cli("projects").stdout == "no projects yet: bulkhead register NAME PATH\n"


def test_a_project_is_shown(shop):
    text = shop.cli("status", "shop").stdout
    assert text.startswith("shop — The \\u{1b}[2J Shop\n") and "\x1b" not in text
    assert "phase      active, ready" in text and "main" in text
    assert value(shop.cli("status", "shop", "--json"))["project"]["name"] == "shop"
    assert shop.cli("status", "api/main").stdout.startswith("SERVICE")
    assert shop.cli("status", "--names").stdout.split() == ["shop/main", "api/main"]
    missing = shop.cli("status", "shopp", check=False)
    assert missing.returncode == 3
    assert missing.stderr == "bulkhead: there is no project 'shopp' (hint: did you mean shop?)\n"
    assert shop.cli("status", "shop/nope", check=False).returncode == 3


def test_the_supervisor_itself_is_shown(shop):
    components = [line[0] for line in table(shop.cli("status"))]
    assert components == [
        "COMPONENT", "supervisor", "ledger", "journal", "cgroups", "configuration", "audit", "denials"]
    for name in components[1:]:
        assert [line[0] for line in table(shop.cli("status", name))] == ["COMPONENT", name]


def test_processes_and_runs_are_listed(shop):
    assert "shop/main" in [line[0] for line in table(shop.cli("ps", "shop"))]
    assert value(shop.cli("ps", "--json"))["processes"]
    shop.cli("exec", "shop", "--", "sh", "-c", "exit 5", check=False)
    newest = table(shop.cli("runs", "-n", "1", "shop"))[1]
    assert newest[2:4] == ["exec", "ended"] and "5" in newest
    assert value(shop.cli("runs", "--json", "shop"))["runs"][0]["exit_status"] == 5


def test_a_project_goes_from_phase_to_phase(shop):
    for verb, phase in [("pause", "paused"), ("resume", "active"), ("maintain", "maintenance"),
                        ("resume", "active")]:
        outcome = shop.cli(verb, "api")
        assert outcome.stdout.startswith("api is "), outcome
        shop.await_phase("api", phase)
    assert shop.cli("stop", "api").stdout == "api is stopped\n"
    assert value(shop.cli("start", "api", "--json"))["phase"] == "active"
    assert shop.cli("restart", "api").stdout == "api is active\n"
    assert shop.cli("stop", "api/main", "--no-wait").returncode == 0
    shop.cli("start", "api/main")
    shop.cli("archive", "api")
    shop.await_phase("api", "archived")
    refused = shop.cli("pause", "api", check=False)
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1


def test_a_directory_becomes_a_project_and_is_forgotten(shop):
    path = shop.project_directory("new")
    (path / "Makefile").write_text("all:\n")
    found = shop.cli("discover", path.parent)
    assert ["new", "no", "Makefile"] in [line[:3] for line in table(found)]
    assert value(shop.cli("discover", path.parent, "--json"))["found"][0]["registered"] is False
    # On a host without controllers what is registered has to be allowed to go without limits.
    registered = shop.cli("discover", "--yes", path.parent)
    assert ["new", "now", "Makefile"] in [line[:3] for line in table(registered)]
    assert ["new", "yes", "Makefile"] in [
        line[:3] for line in table(shop.cli("discover", path.parent))]
    again = shop.cli("register", "new", path, check=False)
    assert again.returncode == 1 and "registered already" in again.stderr
    assert shop.cli("remove", "new").stdout == "new is removed\n"
    # It is stopped first, and then forgotten.
    eventually(lambda: "new" not in shop.cli("projects", "--names").stdout.split(), "it is gone")
    assert path.exists()


def test_commands_run_in_a_project(shop):
    done = shop.cli("exec", "shop", "--env", "A=1", "--workdir", "/tmp", "--user", "7:8", "--",
                    "sh", "-c", "echo $A $PWD $(id -u):$(id -g); echo bad >&2; exit 3", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "1 /tmp 7:8\n", "bad\n")
    assert shop.cli("run", "-p", "shop", "hello", "you").stdout == "hello you\n"
    assert shop.cli("run", "-p", "shop", "--", "echo", "x").stdout == "x\n"
    assert shop.cli("exec", "shop", "--", "nope", check=False).returncode == 127
    assert shop.cli("exec", "shop", "--", "/etc/passwd", check=False).returncode == 126
    killed = shop.cli("exec", "shop", "--json", "--", "sh", "-c", "kill -9 $$", check=False)
    assert killed.returncode == 137
    remark, record = killed.stderr.splitlines()
    assert remark.startswith("bulkhead: ") and json.loads(record)["exit_status"] == 137
    late = shop.cli("exec", "shop", "--time-limit", "300ms", "--", "sleep", "60", check=False)
    assert late.returncode == 137 and "time limit" in late.stderr


def test_a_detached_command_is_signalled_by_name(shop):
    started = shop.cli("exec", "shop", "--detach", "--name", "bg", "--", "sleep", "infinity")
    assert started.stdout.startswith("shop/bg runs as run ")
    assert shop.cli("kill", "shop/bg").stdout == "SIGTERM to shop/bg: 1 workload\n"
    assert shop.cli("kill", "shop/nope", check=False).returncode == 3


def test_a_command_outlives_the_supervisor(shop):
    import subprocess
    import os
    process = subprocess.Popen(
        [shop.client, "exec", "shop", "--", "sh", "-c", "echo on; sleep 3; echo off; exit 6"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "BULKHEAD_SOCKET": str(shop.socket)})
    assert process.stdout.readline() == "on\n"
    shop.kill()
    shop.start()
    stdout, stderr = process.communicate(timeout=90)
    assert (process.returncode, stdout, stderr) == (6, "off\n", "")


def test_the_configuration_is_checked_applied_and_rolled_back(shop):
    checked = shop.cli("config", "check", shop.configuration)
    assert "2 projects" in checked.stdout
    assert value(shop.cli("config", "check", shop.configuration, "--json"))["valid"] is True
    assert shop.cli("config", "diff").stdout == "nothing to change: 2 projects are as configured\n"
    before = (shop.configuration / "bulkhead.yaml").read_text()
    shop.configure(before + shop.project("extra", SLEEPER))
    assert ["extra", "add"] in [line[:2] for line in table(shop.cli("config", "apply", "--plan"))]
    assert "extra" not in shop.cli("projects", "--names").stdout
    assert "version 2 is in force" in shop.cli("config", "apply").stdout
    versions = table(shop.cli("config", "history"))
    assert versions[1][:2] == ["2", "yes"] and versions[2][0] == "1"
    assert ["extra", "remove"] in [
        line[:2] for line in table(shop.cli("config", "rollback", "1", "--plan"))]
    shop.cli("config", "rollback", "1")
    assert (shop.configuration / "bulkhead.yaml").read_text() == before
    shop.configure(before + "  bad: { path: 7, nonsense: 1 }\n")
    refused = shop.cli("config", "apply", check=False)
    assert refused.returncode == 1 and "bulkhead.yaml:" in refused.stderr
    assert shop.cli("config", "check", shop.configuration, check=False).returncode == 1
    shop.configure(before)


def test_a_prompt_takes_the_same_commands(shop):
    import subprocess
    import os
    done = subprocess.run(
        [shop.client, "shell"], input="# none\nprojects --names\nexec shop -- sh -c 'exit 4'\n",
        capture_output=True, text=True, timeout=90, check=False,
        env={**os.environ, "BULKHEAD_SOCKET": str(shop.socket)})
    assert (done.returncode, done.stdout, done.stderr) == (4, "shop\napi\n", "")
