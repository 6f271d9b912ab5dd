"""Configurations come into force whole or not at all, and touch nothing that they do not change."""

import json
import os
import signal
import subprocess

import pytest

from harness.configurations import assert_files_are_in_force, files, identities, refused, version
from harness.daemon import Refused, eventually

SLEEPER = "main: { command: [/bin/sleep, infinity], grace: 1s }"
TWO = SLEEPER + "\nside: { command: [/bin/sleep, infinity], grace: 1s }"

# Every key that files from before Bulkhead may have.
GIVEN = """\
global:
  max_total_agents: 20
  max_concurrent_projects: 10
  global_cpu_cores: 4
  global_memory_limit_gb: 8
  global_disk_limit_gb: 50
  resource_allocation_strategy: dynamic
  scheduling_interval_seconds: 30
  resource_rebalance_interval_seconds: 300
  enable_cross_project_insights: true
  enable_knowledge_sharing: true
  enable_pattern_learning: true
  enable_project_isolation: true
  global_state_path: .orch-global
  global_discord_guild: null
  monitoring_webhook_url: null
  external_metrics_endpoint: null
  security:
    encryption_at_rest: false
    audit_log_retention_days: 365
    require_2fa: false
    session_timeout_minutes: 60
projects:
  shop:
    name: The shop
    path: {path}
    priority: high
    status: active
    resource_limits:
      max_parallel_agents: 5
      max_parallel_cycles: 3
      max_memory_mb: 2048
      max_disk_mb: 4096
      cpu_priority: 1.0
    ai_settings:
      auto_approve_low_risk: true
      require_human_review: false
      max_auto_retry: 3
      context_sharing_enabled: true
    work_hours:
      timezone: UTC
      start: "09:00"
      end: "17:00"
      days: [monday, tuesday, wednesday, thursday, friday]
    discord_channel: "#shop"
    slack_channel: null
    team: [ada, grace]
    dependencies: []
"""


@pytest.fixture
def fleet(daemon):
    """A supervisor with the projects shop, of two services, and api; both ready."""
    daemon.configure(text_of(daemon))
    daemon.start()
    for name in ("shop", "api"):
        daemon.await_ready(name)
    return daemon


def text_of(daemon, shop=TWO, shop_extra="", api_extra="", more=""):
    return ("projects:\n" + daemon.project("shop", shop, shop_extra)
            + daemon.project("api", SLEEPER, api_extra) + more)


def apply(daemon, text):
    daemon.configure(text)
    return daemon.cli("config", "apply").stdout


@pytest.mark.native
def test_one_mistake_in_one_file_changes_nothing(fleet):
    before = {name: identities(fleet, name) for name in ("shop", "api")}
    number = version(fleet)
    # A new project, a removed one and a changed one, all right, beside the mistakes.
    fleet.configure("projects:\n" + fleet.project("shop", SLEEPER + "\nthird: sleep infinity\n"))
    fleet.configure("projects:\n" + fleet.project("new", SLEEPER), "projects.d/a.yaml")
    fleet.configure("projects:\n  bad:\n    path: relative\n    servces: {}\n"
                    "    limits: { pids: lots }\n", "projects.d/b.yaml")
    for arguments in (["config", "apply"], ["config", "diff"], ["config", "apply", "--plan"]):
        said = refused(fleet, *arguments)
        for place in ("projects.d/b.yaml:3:11:", "projects.d/b.yaml:4:5:",
                      "projects.d/b.yaml:5:21:"):
            assert place in said, said
        assert "did you mean 'services'?" in said
    fleet.process.send_signal(signal.SIGHUP)
    with pytest.raises(Refused) as problems:
        fleet.call("ConfigurationApply")
    assert problems.value.name == "ConfigurationInvalid"
    assert len(problems.value.parameters["problems"]) == 3
    assert version(fleet) == number
    assert {p["name"] for p in fleet.call("List")["projects"]} == {"shop", "api"}
    assert {name: identities(fleet, name) for name in ("shop", "api")} == before
    checked = fleet.cli("config", "check", fleet.configuration, "--json", check=False)
    assert checked.returncode == 1
    assert len(json.loads(checked.stdout)["problems"]) == 3
    # It does not come into force at the next start either.
    fleet.kill()
    fleet.start()
    assert version(fleet) == number
    assert {name: identities(fleet, name) for name in ("shop", "api")} == before
    # Whoever asks is told, until it is put right.
    assert "projects.d/b.yaml:" in fleet.cli("status", "configuration").stdout
    fleet.configure("projects: {}\n", "projects.d/b.yaml")
    fleet.cli("config", "apply")
    assert "version 2, 2 projects" in fleet.cli("status", "configuration").stdout


def test_a_change_touches_only_what_it_changes(fleet):
    api, shop = identities(fleet, "api"), identities(fleet, "shop")
    # One service.
    plan = text_of(fleet, SLEEPER + "\nside: { command: [/bin/sleep, 1d], grace: 1s }")
    fleet.configure(plan)
    planned = fleet.cli("config", "apply", "--plan").stdout
    assert "shop" in planned and "side" in planned and "1 project stays as it is" in planned
    assert identities(fleet, "shop") == shop
    apply(fleet, plan)
    after = eventually(lambda: (p := identities(fleet, "shop"))["side"] != shop["side"]
                       and fleet.show("shop")["ready"] and p, "the service is another")
    assert (after["init"], after["main"]) == (shop["init"], shop["main"])
    # A new service, and one that goes.
    apply(fleet, text_of(fleet, SLEEPER + "\nextra: sleep infinity"))
    eventually(lambda: set(identities(fleet, "shop")) == {"init", "main", "extra"}
               and fleet.show("shop")["ready"], "one went and one came")
    assert identities(fleet, "shop")["main"] == shop["main"]
    # The sandbox.
    apply(fleet, text_of(fleet, SLEEPER, "mounts: [{ tmpfs: /scratch, size: 1M }]"))
    eventually(lambda: (p := fleet.show("shop"))["ready"] and p.get("pid") != shop["init"],
               "the sandbox is another")
    assert fleet.cli("exec", "shop", "--", "stat", "-fc", "%T", "/scratch").stdout == "tmpfs\n"
    # A project comes and goes.
    apply(fleet, text_of(fleet, SLEEPER, more=fleet.project("new", SLEEPER)))
    fleet.await_ready("new")
    apply(fleet, text_of(fleet, SLEEPER))
    eventually(lambda: len(fleet.call("List")["projects"]) == 2, "it is gone")
    assert identities(fleet, "api") == api


def test_a_project_that_is_given_a_variable_starts_its_services_again(fleet):
    shop, api = identities(fleet, "shop"), identities(fleet, "api")
    apply(fleet, text_of(fleet, shop_extra="environment: { COLOUR: blue }"))
    after = eventually(lambda: (p := identities(fleet, "shop"))["main"] != shop["main"]
                       and p["side"] != shop["side"] and fleet.show("shop")["ready"] and p,
                       "both are others")
    assert after["init"] == shop["init"] and identities(fleet, "api") == api
    assert fleet.cli("exec", "shop", "--", "sh", "-c", "echo $COLOUR").stdout == "blue\n"


@pytest.mark.machine
def test_limits_change_while_it_runs(fleet):
    before = identities(fleet, "shop")
    apply(fleet, text_of(fleet, shop_extra="limits: { memory: 96M, pids: 33, cpu: 0.5 }"))
    inside = fleet.cli("ps", "shop", "--json")
    assert inside.returncode == 0 and identities(fleet, "shop") == before
    scope = fleet.show("shop")["cgroup"]
    slice_directory = os.path.dirname(scope)
    read = lambda name: open(f"{slice_directory}/{name}", encoding="utf-8").read().split()
    eventually(lambda: read("memory.max") == [str(96 << 20)], "memory.max")
    assert read("pids.max") == ["33"] and read("cpu.max") == ["50000", "100000"]


@pytest.mark.native
def test_a_hang_up_signal_applies(fleet):
    before = {name: identities(fleet, name) for name in ("shop", "api")}
    fleet.configure(text_of(fleet, more=fleet.project("new", SLEEPER)))
    fleet.process.send_signal(signal.SIGHUP)
    eventually(lambda: version(fleet) == 2, "version 2 is in force")
    fleet.await_ready("new")
    assert fleet.call("ConfigurationHistory")["versions"][0]["via"] == "reload"
    assert {name: identities(fleet, name) for name in ("shop", "api")} == before
    # The same again makes no version.
    fleet.process.send_signal(signal.SIGHUP)
    fleet.call("ConfigurationApply")
    assert version(fleet) == 2


def test_a_changed_status_is_followed_and_an_unchanged_one_is_no_wish(fleet):
    for status, phase in [("paused", "paused"), ("maintenance", "maintenance"),
                          ("active", "active"), ("archived", "archived"), ("active", "active"),
                          ("paused", "paused")]:
        apply(fleet, text_of(fleet, shop_extra=f"status: {status}"))
        fleet.await_phase("shop", phase)
    # What an operator says holds, whatever else is applied, and over a restart.
    fleet.cli("resume", "shop")
    fleet.await_phase("shop", "active")
    apply(fleet, text_of(fleet, shop_extra="status: paused\nslack_channel: '#x'"))
    assert fleet.show("shop")["phase"] == "active"
    fleet.kill()
    fleet.start()
    assert fleet.show("shop")["phase"] == "active"
    # Until the file says something else.
    apply(fleet, text_of(fleet, shop_extra="status: maintenance"))
    fleet.await_phase("shop", "maintenance")


@pytest.mark.native
def test_going_back_writes_the_files_back(fleet):
    first = files(fleet)
    fleet.cli("register", "new", fleet.project_directory("new"))
    second = files(fleet)
    assert set(second) - set(first) == {"projects.d/new.yaml"}
    planned = fleet.cli("config", "rollback", "1", "--plan")
    assert "new" in planned.stdout and files(fleet) == second and version(fleet) == 2
    fleet.cli("config", "rollback", "1")
    assert files(fleet) == first and version(fleet) == 3
    fleet.cli("config", "rollback", "2")
    assert files(fleet) == second and version(fleet) == 4
    assert_files_are_in_force(fleet)
    assert "99" in refused(fleet, "config", "rollback", "99")
    # To what is in force: somebody's edit on the disk goes, no new version comes.
    fleet.configure("projects: {}\n")
    fleet.cli("config", "rollback", "4")
    assert files(fleet) == second
    assert_files_are_in_force(fleet)


@pytest.mark.native
def test_removing_takes_only_a_project_with_a_file_of_its_own(fleet):
    said = refused(fleet, "remove", "shop")
    assert "bulkhead.yaml:2:" in said and "config apply" in said
    assert fleet.cli("remove", "nope", check=False).returncode == 3
    fleet.cli("register", "new", fleet.project_directory("new"))
    fleet.configure(files(fleet)["projects.d/new.yaml"]
                    + fleet.project("other").replace("projects:\n", ""), "projects.d/new.yaml")
    fleet.cli("config", "apply")
    assert "projects.d/new.yaml:" in refused(fleet, "remove", "new")
    fleet.configure("projects:\n" + fleet.project("new", SLEEPER), "projects.d/new.yaml")
    fleet.configure(text_of(fleet, shop_extra="dependencies: [new]"))
    fleet.cli("config", "apply")
    fleet.await_ready("new")
    # Somebody depends on it.
    assert "shop" in refused(fleet, "remove", "new") and fleet.show("new")["ready"]
    fleet.configure(text_of(fleet))
    fleet.cli("config", "apply")
    fleet.cli("remove", "new")
    eventually(lambda: len(fleet.call("List")["projects"]) == 2, "it is gone")
    assert set(files(fleet)) == {"bulkhead.yaml"}
    assert_files_are_in_force(fleet)


@pytest.mark.native
def test_what_is_discovered_is_registered(fleet):
    top = fleet.directory / "found"
    for name, sign in [("one", "package.json"), ("two", ".orch-state"), ("three", ".git")]:
        (top / name).mkdir(parents=True)
        if sign.startswith("."):
            (top / name / sign).mkdir()
            (top / name / sign / "HEAD").write_text("ref: refs/heads/main\n")
        else:
            (top / name / sign).write_text("{}\n")
    before = files(fleet)
    fleet.cli("discover", top)
    assert files(fleet) == before
    fleet.cli("discover", top, "--yes")
    assert set(files(fleet)) - set(before) == {
        f"projects.d/{name}.yaml" for name in ("one", "two", "three")}
    assert_files_are_in_force(fleet)
    assert {p["name"] for p in fleet.call("List")["projects"]} >= {"one", "two", "three"}


def entry(path, more=""):
    return f"path: {path}, limits: {{ allow_unlimited: true }}{more}"


@pytest.mark.native
@pytest.mark.parametrize(("text", "words"), [
    ("  a: { {a}, dependencies: [b] }\n  b: { {b}, dependencies: [a] }\n", ["a → b → a", "wait for each other"]),
    ("  a: { {a} }\n  b: { {a} }\n", ["bulkhead.yaml:3:", "a"]),
    ("  a: { {a} }\n  b: { {a}/inner }\n", ["bulkhead.yaml:3:"]),
    ("  a: { {a}, dependencies: [nobody] }\n", ["nobody"]),
    ("  a: { {a} }\n  a: { {b} }\n", ["bulkhead.yaml:3:"]),
    ("  a: { path: {dir}, limits: { memory_min: 8E } }\n", ["memory_min"]),
    ("  a: { path: {dir}, limits: { cpu_min: 9999 } }\n", ["cpu_min"]),
])
def test_what_cannot_be_together_is_refused_whole(fleet, text, words):
    before = {name: identities(fleet, name) for name in ("shop", "api")}
    a, b = (fleet.project_directory(name) for name in ("a", "b"))
    text = text.replace("{dir}", str(a))
    for name, path in (("a", a), ("b", b)):
        text = text.replace("{" + name + "}/inner", f"path: {path}/inner")
        text = text.replace("{" + name + "}", f"path: {path}")
    fleet.configure("projects:\n" + text)
    said = refused(fleet, "config", "apply")
    assert all(word in said for word in words), said
    assert version(fleet) == 1
    assert {name: identities(fleet, name) for name in ("shop", "api")} == before


def test_files_from_before_load_unchanged(daemon):
    text = GIVEN.replace("{path}", str(daemon.project_directory("shop")))
    if not daemon.on_machine:
        text += "    limits: { allow_unlimited: true }\n"
    daemon.configure(text)
    checked = daemon.cli("config", "check", daemon.configuration).stdout
    assert "1 projects, no problem" in checked or "1 project, no problem" in checked
    for key in ("global_disk_limit_gb", "require_2fa", "discord_channel", "max_parallel_cycles",
                "team"):
        assert key in checked, checked
    daemon.start()
    # What they ask for is hard: nothing here holds a limit on the files of that directory.
    reason = daemon.await_phase("shop", "failed")["reason"]
    assert "limits.disk of shop cannot be enforced" in reason and "storage: overlay" in reason
    assert (daemon.configuration / "bulkhead.yaml").read_text() == text
    daemon.configure(text.replace("      max_disk_mb: 4096\n", ""))
    daemon.call("ConfigurationApply")
    assert daemon.await_ready("shop")["title"] == "The shop"


def test_the_environment_goes_before_the_files(daemon):
    text = text_of(daemon, shop_extra="").replace("allow_unlimited: true",
                                                  "allow_unlimited: true, memory_min: 16M")
    if daemon.on_machine:
        text = text_of(daemon, shop_extra="limits: { memory_min: 16M }")
    daemon.configure("global: { global_memory_limit_gb: 1 }\n" + text)
    check = lambda **variables: subprocess.run(
        [daemon.client, "config", "check", str(daemon.configuration)], capture_output=True,
        text=True, check=False, env={**os.environ, **variables})
    assert check().returncode == 0
    tight = check(BULKHEAD_GLOBAL_MEMORY_LIMIT_GB="0.01")
    assert tight.returncode == 1 and "memory_min" in tight.stderr, tight
    unknown = check(BULKHEAD_GLOBAL_MEMORY_LIMIT="1")
    assert unknown.returncode == 1 and "BULKHEAD_GLOBAL_MEMORY_LIMIT_GB" in unknown.stderr
    daemon.start({"BULKHEAD_GLOBAL_MEMORY_LIMIT_GB": "0.01"})
    assert daemon.call("List")["projects"] == []
    daemon.kill()
    daemon.start()
    daemon.await_ready("shop")
